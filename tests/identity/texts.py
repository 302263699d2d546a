"""Texts that sources may send: anything that is no control character, hanzi often."""

from hypothesis import strategies as st

ANY_TEXT = (
    st.text(
        alphabet=st.one_of(
            st.characters(exclude_categories=("Cs", "Cc")),
            st.sampled_from("张王欧阳市区路号栋室有限公司省年月日 ·-?*()（）"),
            st.sampled_from("0123456789XOlabcé'.@+/"),
        ),
        min_size=1,
        max_size=40,
    )
    .map(str.strip)
    .filter(bool)
)
