// Package importertest makes customer lists as messy as the world's, and says what
// has to come of them, for tests and measurements.
package importertest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// File is a list with what is in it. The counts are of rows; blank lines are none.
type File struct {
	Bytes   []byte
	Ready   []Person // who is to be taken, in their order
	Same    int      // rows whose address came before
	Invalid int      // rows that cannot be taken
}

// Rows is how many rows the file has.
func (f File) Rows() int { return len(f.Ready) + f.Same + f.Invalid }

// Person is a row of a file that can be taken.
type Person struct{ Email, First, Last string }

// Messy makes a file of so many rows, always the same for the same seed: a header
// in Spanish, semicolons, UTF-8 with a mark, line ends of all systems, a column of
// WordPress roles, notes with quotes and line ends, and rows with every defect
// that importer knows, about one in ten of which cannot be taken.
func Messy(seed uint64, rows int) File {
	m := &maker{rng: rand.New(rand.NewPCG(seed, 17))}
	m.text("\ufeffNombre;\"Apellidos\";Correo electrónico;Rol;Notas\r\n")
	for i := range rows {
		m.row(i)
		if m.rng.IntN(200) == 0 {
			m.text([]string{"\r\n", ";;;;\r\n", "  \n"}[m.rng.IntN(3)])
		}
	}
	return File{m.out.Bytes(), m.ready, m.same, m.invalid}
}

type maker struct {
	rng     *rand.Rand
	out     bytes.Buffer
	ready   []Person
	same    int
	invalid int
}

func (m *maker) text(s string) { m.out.WriteString(s) }

func (m *maker) pick(from ...string) string { return from[m.rng.IntN(len(from))] }

// row writes row i, of a kind that chance picks.
func (m *maker) row(i int) {
	p := Person{
		Email: fmt.Sprintf("%s%d@example.org", m.pick("ann", "bob+shop", "cy.roe", "di_poe", "ÑANDÚ"), i),
		First: m.pick("Ann", "Zoë", "María José", "Иван", "李", "O'Hara", "Jean-Luc"),
		Last:  m.pick("Lee", "van der Berg", "Müller", "García Márquez", "Петров", ""),
	}
	switch kind := m.rng.IntN(100); {
	case kind < 60:
		m.take(p, p.First, p.Last, p.Email, "subscriber", m.note())
	case kind < 78:
		m.mended(p)
	case kind < 88 && len(m.ready) > 0:
		m.same++
		again := m.ready[m.rng.IntN(len(m.ready))]
		m.line(again.First, again.Last, strings.ToUpper(again.Email), "", m.note())
	default:
		m.broken(p)
	}
}

func (m *maker) take(p Person, cells ...string) {
	m.ready = append(m.ready, p)
	m.line(cells...)
}

// mended writes a row that has something to mend and can be taken.
func (m *maker) mended(p Person) {
	switch m.rng.IntN(8) {
	case 0:
		m.take(p, " "+p.First+"  ", p.Last, "\u00a0"+p.Email+" ", "administrator")
	case 1:
		m.take(p, "=+"+p.First, p.Last, p.Email, "", "=cmd|'/c calc'!A0")
	case 2:
		m.take(p, "'-"+p.First, "@"+p.Last, p.Email, "", "'=1+1")
	case 3:
		m.take(p, p.First+"\u200b", p.Last, "mailto:"+p.Email, "", "")
	case 4: // a short row
		m.ready = append(m.ready, p)
		m.text(p.First + ";" + p.Last + ";" + p.Email + "\n")
	case 5: // quotes in the middle, and spaces around quoted cells
		m.ready = append(m.ready, p)
		m.text(` "` + p.First + `" ;` + p.Last + `; "` + p.Email + `";;5" disk` + "\r\n")
	case 6:
		p.First = strings.Repeat("x", 250)
		m.take(p, p.First+"yz", p.Last, p.Email, "", "")
	default: // empty cells behind the last column
		m.take(p, p.First, p.Last, "<"+p.Email+">", "", m.note(), "", " ")
	}
}

// broken writes a row that cannot be taken.
func (m *maker) broken(p Person) {
	m.invalid++
	switch m.rng.IntN(91) / 10 {
	case 1:
		m.line(p.First, p.Last, m.pick("nobody", "ann@", "@example.org", "ann@@example.org", "ann lee@example.org", "ann@example"), "", "")
	case 2: // another encoding
		m.text("Jos\xe9;Mu\xf1oz;" + p.Email + ";;\r\n")
	case 3:
		m.line(p.First, p.Last+"\x00", p.Email, "", "")
	case 4: // a delimiter without quotes
		m.text(p.First + ";" + p.Last + ";" + p.Email + ";;a; b\n")
	case 5: // a quote that is never closed
		m.text(p.First + ";\"Lee;" + p.Email + ";;\n\"" + p.First + "\";Lee;;;\n")
		m.invalid++ // the row behind it has no address
	case 6:
		m.line(p.First, p.Last, p.Email+", second@example.org", "", "")
	case 9: // one line of 150 kB, which is seldom
		m.text(p.First + ";" + strings.Repeat("long ", 30_000) + ";" + p.Email + "\r\n")
	case 8:
		m.line(p.First, p.Last, "user@"+strings.Repeat("a", 300)+".org", "", "")
	case 7:
		m.text(p.First + "\n")
	default:
		m.line(p.First, p.Last, "", "", m.note())
	}
}

// note is what people write into the last column.
func (m *maker) note() string {
	return m.pick("", "", "", "VIP", "paid; thanks", "said \"hi\"", "two\r\nlines", "three\n\nlines", "-5", "+44 20 7946 0018")
}

// line writes cells, in quotes where they need them and sometimes where not.
func (m *maker) line(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			m.text(";")
		}
		if strings.ContainsAny(cell, "\";\r\n") || m.rng.IntN(10) == 0 {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		m.text(cell)
	}
	m.text(m.pick("\r\n", "\r\n", "\n", "\r"))
}
