package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// The limits of a file. What is above gets a problem, never more memory.
const (
	MaxRow     = 128 << 10 // bytes of one row, in UTF-8 when the file is UTF-16
	MaxColumns = 500
	bufferSize = 4 * MaxRow
	lookAhead  = MaxRow + 4 // what has to be in the buffer before a row is judged
	startOf    = 1000       // bytes that are kept of a row that is too long
)

// What a byte is to the scanner.
const (
	isDelimiter uint8 = 1 << iota
	isLineEnd
	isQuote
	isNUL
	isHigh // not ASCII
)

// scanner cuts narrowed bytes into records. A record is decided by the MaxRow
// bytes from its beginning and nothing else, so it does not matter how the bytes
// arrive or where reading began.
type scanner struct {
	src      io.Reader
	encoding Encoding
	class    [256]uint8
	buf      []byte
	pos, end int   // what of buf is unread
	err      error // of src; io.EOF when all is in buf
	at       At    // of buf[pos]; Number and Skip are not the scanner's
}

// record is one row as the scanner found it. Its cells are valid until the next.
type record struct {
	line  int64 // its first, from 1
	cells [][]byte
	bytes uint8 // classes of the bytes in it
	flaw  Code  // why it could not be divided, or StrayQuote
	cut   bool  // it had more cells than MaxColumns
	lines int64 // line ends in quotes
	end   At
}

// newScanner reads from src, which stands at at. Without a delimiter each line is
// one cell and quotes mean nothing.
func newScanner(src io.Reader, e Encoding, delimiter string, at At) *scanner {
	s := &scanner{src: e.narrow(src), encoding: e, at: At{Offset: at.Offset, Line: at.Line}}
	for c := 0x80; c < 0x100; c++ {
		s.class[c] = isHigh
	}
	s.class[0], s.class['\n'], s.class['\r'] = isNUL, isLineEnd, isLineEnd
	if delimiter != "" {
		s.class[delimiter[0]], s.class['"'] = isDelimiter, isQuote
	}
	return s
}

// scanText reads a text that is in memory and begins at at.
func scanText(text []byte, e Encoding, delimiter string, at At) (*scanner, error) {
	s := newScanner(bytes.NewReader(text), e, delimiter, at)
	narrowed, err := io.ReadAll(s.src)
	s.buf, s.end, s.err = narrowed, len(narrowed), io.EOF
	return s, err
}

// next reads a record that shows anything; io.EOF when there is none left.
func (s *scanner) next(rec *record) error {
	for {
		if err := s.fill(); err != nil {
			return err
		}
		if s.pos == s.end {
			return io.EOF
		}
		s.read(rec)
		if rec.flaw == LongRow { // it ends where the line does, not where reading failed
			if err := s.fill(); err != nil {
				return err
			}
		}
		if !rec.blank() {
			return nil
		}
	}
}

// fill sees to it that the buffer has what a record is decided by.
func (s *scanner) fill() error {
	if s.err == nil && s.end-s.pos < lookAhead {
		if s.buf == nil {
			s.buf = make([]byte, bufferSize)
		}
		s.end, s.pos = copy(s.buf, s.buf[s.pos:s.end]), 0
		n, err := io.ReadFull(s.src, s.buf[s.end:])
		s.end += n
		if s.err = err; errors.Is(err, io.ErrUnexpectedEOF) {
			s.err = io.EOF
		}
	}
	if s.err != nil && !errors.Is(s.err, io.EOF) && s.end-s.pos < lookAhead {
		return fmt.Errorf("read the file behind byte %d: %w", s.at.Offset, s.err)
	}
	return nil
}

func (s *scanner) read(rec *record) {
	*rec = record{line: s.at.Line + 1, cells: rec.cells[:0]}
	w := s.buf[s.pos:min(s.end, s.pos+MaxRow+1)]
	last := errors.Is(s.err, io.EOF) && s.pos+len(w) == s.end
	size, ok := s.split(w, last, rec)
	if !ok {
		size, ok = s.recover(w, last, rec)
	}
	if ok {
		s.advance(size)
		s.at.Line += rec.lines
	} else {
		s.skipLine(w, rec)
	}
	s.endLine()
	rec.end = s.at
}

// split divides a row into cells and returns its size without the line end. It
// fails when the row does not end within w, or not outside quotes.
func (s *scanner) split(w []byte, last bool, rec *record) (size int, ok bool) {
	for i := 0; ; i++ {
		cell, next, ok := s.cell(w, i, last, rec)
		if !ok {
			return 0, false
		}
		if len(rec.cells) < MaxColumns {
			rec.cells = append(rec.cells, cell)
		} else {
			rec.cut = true
		}
		if i = next; i == len(w) || s.class[w[i]] == isLineEnd {
			return i, true
		}
	}
}

// cell reads the cell that begins at i, up to the delimiter or line end behind it.
func (s *scanner) cell(w []byte, i int, last bool, rec *record) (cell []byte, next int, ok bool) {
	start := i
	for i < len(w) && w[i] == ' ' {
		i++
	}
	if i < len(w) && s.class[w[i]] == isQuote {
		return s.quoted(w, i+1, last, rec)
	}
	for ; i < len(w); i++ {
		class := s.class[w[i]]
		if class == 0 {
			continue
		}
		if class&(isDelimiter|isLineEnd) != 0 {
			return w[start:i], i, true
		}
		rec.bytes |= class
		if class == isQuote {
			rec.flaw = StrayQuote
		}
	}
	return w[start:i], i, last
}

// quoted reads a cell from behind its opening quote. A quote that neither ends the
// cell nor is doubled belongs to the text; but when there are line ends too, the
// cell was rather never closed, and what it would swallow are people.
func (s *scanner) quoted(w []byte, i int, last bool, rec *record) (cell []byte, next int, ok bool) {
	start, before := i, rec.lines
	doubled, stray := false, false
	for ; i < len(w) && (!stray || rec.lines == before); i++ {
		class := s.class[w[i]]
		rec.bytes |= class
		switch {
		case class == isLineEnd:
			if w[i] == '\n' || i+1 == len(w) || w[i+1] != '\n' {
				rec.lines++
			}
		case class != isQuote:
		case i+1 < len(w) && w[i+1] == '"':
			doubled = true
			i++
		default:
			if next, ok = s.closes(w, i+1, last); ok {
				return unquote(w[start:i], doubled), next, true
			}
			rec.flaw, stray = StrayQuote, true
		}
	}
	return nil, 0, false
}

// closes says whether a quote before i ends its cell: there is a delimiter or an
// end behind it.
func (s *scanner) closes(w []byte, i int, last bool) (next int, ok bool) {
	for i < len(w) && w[i] == ' ' {
		i++
	}
	if i == len(w) {
		return i, last
	}
	return i, s.class[w[i]]&(isDelimiter|isLineEnd) != 0
}

func unquote(cell []byte, doubled bool) []byte {
	if doubled {
		return bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
	}
	return cell
}

// recover takes the first line of a row whose quote is never closed, so that the
// lines behind it are read. It fails when that line is too long.
func (s *scanner) recover(w []byte, last bool, rec *record) (size int, ok bool) {
	size = bytes.IndexAny(w, "\r\n")
	if size < 0 {
		if !last {
			return 0, false
		}
		size = len(w)
	}
	line := w[:size]
	*rec = record{line: rec.line, cells: rec.cells[:0], flaw: UnclosedQuote}
	for len(rec.cells) < MaxColumns-1 {
		i := bytes.IndexFunc(line, func(r rune) bool { return r < 0x80 && s.class[r] == isDelimiter })
		if i < 0 {
			break
		}
		rec.cells, line = append(rec.cells, line[:i]), line[i+1:]
	}
	rec.cells = append(rec.cells, line)
	rec.bytes = s.classes(w[:size])
	return size, true
}

func (s *scanner) classes(text []byte) (all uint8) {
	for _, c := range text {
		all |= s.class[c]
	}
	return all
}

// skipLine goes to the end of a line that is too long, and keeps its beginning.
func (s *scanner) skipLine(w []byte, rec *record) {
	w = w[:min(len(w), startOf)]
	start := bytes.Clone(w[:len(w)-cutRune(w)])
	*rec = record{line: rec.line, cells: append(rec.cells[:0], start), flaw: LongRow, bytes: s.classes(start)}
	for {
		rest := s.buf[s.pos:s.end]
		if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
			s.advance(i)
			break
		}
		s.advance(len(rest) - cutRune(rest))
		if s.err != nil {
			s.advance(s.end - s.pos)
			break
		}
		_ = s.fill() // an error is met again by next
	}
	_ = s.fill() // endLine looks two bytes ahead
}

// advance goes over bytes of one line, or of several with their ends in quotes.
func (s *scanner) advance(n int) {
	s.at.Offset += s.encoding.size(s.buf[s.pos : s.pos+n])
	s.pos += n
}

// endLine goes over the line end that is next, if there is one.
func (s *scanner) endLine() {
	if s.pos == s.end {
		return
	}
	s.at.Line++
	if s.buf[s.pos] == '\r' && s.pos+1 < s.end && s.buf[s.pos+1] == '\n' {
		s.advance(2)
		return
	}
	s.advance(1)
}

// blank says whether a record shows nothing, as the rows do that spreadsheets
// leave at the end.
func (r *record) blank() bool {
	if r.flaw == LongRow || r.cut {
		return false
	}
	for _, cell := range r.cells {
		if len(bytes.TrimSpace(cell)) > 0 {
			return false
		}
	}
	return true
}
