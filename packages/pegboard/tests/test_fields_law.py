"""How odd texts are written to the index."""

from hypothesis import example, given
from hypothesis import strategies as st

from pegboard.fields import escape, unescape
from pegboard.index import ENCODING
from pegboard.ledger import part

ODD = st.text(st.sampled_from("\x1b\x1f\x1e\n\rnuxrd8\x00é\ud800\udcff\udfff "), max_size=12)


class TestEveryTextCanBeAField:
    """A text becomes a field as it is, unless it holds a character that ends a line or a field, or cannot be encoded."""

    @given(st.one_of(st.text(), ODD))
    @example("\x1b\x1bn")
    @example("\udcc3\udca9")
    def test_what_is_written_is_read_again(self, text):
        written = escape(text)
        assert unescape(written) == text
        assert written.encode(*ENCODING).decode(*ENCODING) == written
        assert not {"\n", "\x1f"} & set(written)

    @given(st.text())
    def test_a_text_for_people_stays_as_it_is(self, text):
        if text.isprintable():
            assert escape(text) == text

    @given(ODD)
    def test_every_text_has_its_block(self, text):
        assert 0 <= part(text, 7) < 7
