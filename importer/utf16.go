package importer

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// utf16Text makes UTF-8 of UTF-16. The decoder of x/text does too, but takes four
// bytes for one surrogate that stands alone when another follows, so that nobody
// could tell from its text where in the file a row ends.
type utf16Text struct {
	transform.NopResetter
	order binary.ByteOrder
}

// Transform implements transform.Transformer.
func (t utf16Text) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := t.decode(src[nSrc:], atEOF)
		if size == 0 {
			return nDst, nSrc, transform.ErrShortSrc
		}
		if nDst+utf8.UTFMax > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// decode reads one character and its size; 0 asks for more bytes.
func (t utf16Text) decode(src []byte, atEOF bool) (r rune, size int) {
	if len(src) < 2 {
		if atEOF {
			return utf8.RuneError, len(src)
		}
		return 0, 0
	}
	r = rune(t.order.Uint16(src))
	if !utf16.IsSurrogate(r) {
		return r, 2
	}
	if len(src) >= 4 {
		if r = utf16.DecodeRune(r, rune(t.order.Uint16(src[2:]))); r != utf8.RuneError {
			return r, 4
		}
	} else if !atEOF {
		return 0, 0
	}
	return utf8.RuneError, 2
}
