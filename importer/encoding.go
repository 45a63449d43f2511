package importer

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"enrolld"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// Encoding is how a file's bytes are text.
type Encoding string

// The encodings that are recognised. The others of Encodings have to be chosen.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252"
)

// charmaps are the encodings of one byte a character.
var charmaps = map[Encoding]*charmap.Charmap{
	Windows1252:    charmap.Windows1252,
	"windows-1250": charmap.Windows1250, // Polish, Czech, Hungarian
	"windows-1251": charmap.Windows1251, // Russian, Bulgarian
	"windows-1253": charmap.Windows1253, // Greek
	"windows-1254": charmap.Windows1254, // Turkish
	"windows-1257": charmap.Windows1257, // Baltic
	"iso-8859-2":   charmap.ISO8859_2,
	"iso-8859-15":  charmap.ISO8859_15,
	"macintosh":    charmap.Macintosh,
}

// Encodings returns every encoding that can be read, the usual ones first.
func Encodings() []Encoding {
	usual := []Encoding{UTF8, Windows1252, UTF16LE, UTF16BE}
	var rest []Encoding
	for e := range charmaps {
		if e != Windows1252 {
			rest = append(rest, e)
		}
	}
	slices.Sort(rest)
	return append(usual, rest...)
}

func (e Encoding) known() bool {
	return e == UTF8 || e.wide() || charmaps[e] != nil
}

// wide says whether characters have two bytes or four.
func (e Encoding) wide() bool { return e == UTF16LE || e == UTF16BE }

// narrow gives the bytes of src as the scanner reads them: those of UTF-16 as
// UTF-8, all others as they are.
func (e Encoding) narrow(src io.Reader) io.Reader {
	if !e.wide() {
		return src
	}
	if e == UTF16BE {
		return transform.NewReader(src, utf16Text{order: binary.BigEndian})
	}
	return transform.NewReader(src, utf16Text{order: binary.LittleEndian})
}

// size is how many bytes of the file became these. A surrogate that stands alone
// is two bytes, as the character that stands for it; so is half a character at the
// end of the file.
func (e Encoding) size(narrowed []byte) int64 {
	if !e.wide() {
		return int64(len(narrowed))
	}
	n := int64(0)
	for i := 0; i < len(narrowed); {
		r, size := utf8.DecodeRune(narrowed[i:])
		i, n = i+size, n+2
		if r > 0xffff {
			n += 2
		}
	}
	return n
}

// text reads a cell. It is false when the bytes contradict the encoding; then the
// text is what they most likely say.
func (e Encoding) text(cell []byte) (string, bool) {
	cm := charmaps[e]
	if cm == nil {
		if utf8.Valid(cell) {
			return string(cell), !bytes.ContainsRune(cell, utf8.RuneError)
		}
		cm = charmap.Windows1252
		s, _ := decodeBytes(cm, cell)
		return s, false
	}
	return decodeBytes(cm, cell)
}

func decodeBytes(cm *charmap.Charmap, cell []byte) (string, bool) {
	var b strings.Builder
	ok := true
	for _, c := range cell {
		r := cm.DecodeByte(c)
		if r == utf8.RuneError {
			ok = false
		}
		b.WriteRune(r)
	}
	return b.String(), ok
}

// sniffEncoding recognises the encoding of a file by its first bytes, and how
// many of them are a byte order mark. complete says that head is the whole file.
func sniffEncoding(head []byte, complete bool) (e Encoding, mark int, err error) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return UTF8, 3, nil
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return "", 0, enrolld.Errorf(enrolld.Invalid, "this file is in UTF-32: %s", saveAsCSV)
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return UTF16LE, 2, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16BE, 2, nil
	}
	if e := sniffWide(head); e != "" {
		return e, 0, nil
	}
	if notText(head) {
		return "", 0, enrolld.Errorf(enrolld.Invalid, "this file is not text: choose a CSV file")
	}
	if !complete {
		head = head[:len(head)-cutRune(head)]
	}
	if good, bad := countRunes(head); bad == 0 || good >= bad {
		return UTF8, 0, nil // other encodings hardly ever make characters of UTF-8
	}
	return Windows1252, 0, nil
}

// countRunes counts the characters beyond ASCII that are UTF-8, and the bytes
// that are not.
func countRunes(text []byte) (good, bad int) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case size > 1:
			good++
		case r == utf8.RuneError:
			bad++
		}
		i += size
	}
	return good, bad
}

// sniffWide finds UTF-16 without a mark: every second byte of what commas, digits
// and Latin letters are is NUL.
func sniffWide(head []byte) Encoding {
	var nul [2]int
	for i, c := range head {
		if c == 0 {
			nul[i&1]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 2:
		return ""
	case nul[1] > half*4/10 && nul[0] < half/10:
		return UTF16LE
	case nul[0] > half*4/10 && nul[1] < half/10:
		return UTF16BE
	}
	return ""
}

// notText says whether bytes are too full of control characters for any text. A
// few of them are a problem of their rows.
func notText(head []byte) bool {
	odd := 0
	for _, c := range head {
		if c < ' ' && !strings.ContainsRune("\t\n\v\f\r", rune(c)) {
			odd++
		}
	}
	return odd > 16+len(head)/20
}

// cutRune is how many bytes at the end are the beginning of a character.
func cutRune(head []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(head); n++ {
		if c := head[len(head)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(head[len(head)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
