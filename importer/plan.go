package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"enrolld"
)

// Format says how the lines of a file are made.
type Format string

// The formats.
const (
	CSV  Format = "csv"  // cells between delimiters, in columns
	List Format = "list" // one person a line, or several, in any of the forms that people write
)

// Role is what a column holds.
type Role string

// The roles. A file has one Email, and at most one Name, First and Last.
const (
	Undecided Role = ""        // two columns claim one role: somebody has to say which has it
	Email     Role = "email"   // the address
	Name      Role = "name"    // first and last name in one
	First     Role = "first"   // first name
	Last      Role = "last"    // last name
	Ignore    Role = "ignore"  // not read
	Note      Role = "note"    // the Problem column of a reject file; not read
	Refused   Role = "refused" // WordPress roles, rights, passwords: never read, never kept
)

// read says whether cells of a column are looked at.
func (r Role) read() bool { return r == Email || r == Name || r == First || r == Last }

// At is a place between two rows. The zero At is the beginning of the data.
type At struct {
	Offset int64 `json:"offset"`         // bytes of the file before it
	Line   int64 `json:"line"`           // lines before it
	Number int64 `json:"number"`         // rows before it
	Skip   int   `json:"skip,omitempty"` // rows that the line at Offset has given already; lists only
}

// Plan says how to read a file. Propose makes one, people correct it, and the
// same plan gives the same rows for ever: keep it, as JSON, beside the file.
type Plan struct {
	Format    Format   `json:"format"`
	Encoding  Encoding `json:"encoding"`
	Delimiter string   `json:"delimiter,omitempty"` // one of Delimiters; empty for lists
	HasHeader bool     `json:"has_header,omitempty"`
	Header    []string `json:"header,omitempty"` // as the file has it; empty strings when it has none
	Roles     []Role   `json:"roles,omitempty"`  // one for each column
	Start     At       `json:"start"`            // where the first row of data begins
}

// Check says whether a file can be read by the plan: after Propose, after people
// changed it, and after it was kept. Errors have code enrolld.Invalid and name the
// columns that have to be decided.
func (p Plan) Check() error {
	if !p.Encoding.known() {
		return enrolld.Errorf(enrolld.Invalid, "the encoding %q is not known: choose one of the list", p.Encoding)
	}
	if p.Start.Offset < 0 || p.Start.Line < 0 || p.Start.Number != 0 || p.Start.Skip != 0 {
		return enrolld.Errorf(enrolld.Invalid, "the plan of this import is damaged: choose the file again")
	}
	switch {
	case p.Format == List:
		return nil
	case p.Format != CSV:
		return enrolld.Errorf(enrolld.Invalid, "the format %q is not known: choose a table or a list", p.Format)
	case !slices.Contains(Delimiters(), p.Delimiter):
		return enrolld.Errorf(enrolld.Invalid, "cells cannot be divided by %q: choose comma, semicolon, tab or bar", p.Delimiter)
	case len(p.Roles) == 0 || len(p.Roles) > MaxColumns || len(p.Roles) != len(p.Header):
		return enrolld.Errorf(enrolld.Invalid, "a file has 1 to %d columns, and each is read in one way", MaxColumns)
	}
	return p.checkRoles()
}

func (p Plan) checkRoles() error {
	columns := map[Role][]int{}
	for i, role := range p.Roles {
		if p.HasHeader && refusedHeader(p.Header[i]) && role != Refused {
			return enrolld.Errorf(enrolld.Invalid, "%s is never read: an import gives no rights and sets no passwords", p.Column(i))
		}
		columns[role] = append(columns[role], i)
	}
	if open := columns[Undecided]; len(open) > 0 {
		return enrolld.Errorf(enrolld.Invalid, "choose what %s are: they look like the same thing", p.columnList(open))
	}
	for _, role := range []Role{Email, Name, First, Last} {
		if many := columns[role]; len(many) > 1 {
			return enrolld.Errorf(enrolld.Invalid, "choose one: %s are both read as the %s", p.columnList(many), roleWords[role])
		}
		delete(columns, role)
	}
	if !slices.Contains(p.Roles, Email) {
		return enrolld.Errorf(enrolld.Invalid, "no column has email addresses: choose the one that does")
	}
	for role, where := range columns {
		if role != Ignore && role != Note && role != Refused {
			return enrolld.Errorf(enrolld.Invalid, "%s cannot be read as %q: choose email, name, first name, last name or nothing", p.Column(where[0]), role)
		}
	}
	return nil
}

var roleWords = map[Role]string{Email: "email address", Name: "name", First: "first name", Last: "last name"}

// Column names a column (0 is the first) for people: column 3 “Email”.
func (p Plan) Column(i int) string {
	if i >= 0 && i < len(p.Header) && strings.TrimSpace(p.Header[i]) != "" {
		return fmt.Sprintf("column %d “%s”", i+1, cutRunes(strings.TrimSpace(p.Header[i]), 60))
	}
	return fmt.Sprintf("column %d", i+1)
}

func (p Plan) columnList(columns []int) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = p.Column(c)
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Refusals says, for people, which columns are left out because they would give
// rights or passwords.
func (p Plan) Refusals() []string {
	var out []string
	for i, role := range p.Roles {
		if role == Refused {
			out = append(out, p.Column(i)+" is not read: an import gives no rights and sets no passwords")
		}
	}
	return out
}

// MappingKey is the key under which the Mapping of this header may be remembered:
// the same for the same names in the same order, however they are written, and for
// the reject file of a file. Without a header it is empty.
func (p Plan) MappingKey() string {
	if p.Format != CSV || !p.HasHeader {
		return ""
	}
	var names []string
	for i, name := range p.Header {
		if p.Roles[i] != Note {
			names = append(names, headerKey(name))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Mapping is what may be remembered under the MappingKey: the roles, but for the
// Problem column of a reject file.
func (p Plan) Mapping() []Role {
	return slices.DeleteFunc(slices.Clone(p.Roles), func(r Role) bool { return r == Note })
}

// WithRoles is the plan with other roles, of all columns or as Mapping gave them.
// What is refused stays refused.
func (p Plan) WithRoles(roles []Role) Plan {
	old := p.Roles
	p.Roles = slices.Clone(roles)
	if i := slices.Index(old, Note); i >= 0 && len(roles) == len(old)-1 {
		p.Roles = slices.Insert(p.Roles, i, Note)
	}
	for i := range min(len(p.Roles), len(p.Header)) {
		if p.HasHeader && refusedHeader(p.Header[i]) {
			p.Roles[i] = Refused
		}
	}
	return p
}

// Completed is a plan that can be opened whatever is still to be decided, to look at
// the cells of a file: what is undecided is left out, and the first column stands in
// for the addresses when none has them.
func (p Plan) Completed() Plan {
	p.Roles = slices.Clone(p.Roles)
	has := map[Role]bool{}
	for i, role := range p.Roles {
		if role == Undecided || role.read() && has[role] {
			p.Roles[i] = Ignore
		}
		has[role] = true
	}
	if p.Format == CSV && !has[Email] {
		if i := slices.IndexFunc(p.Roles, func(r Role) bool { return r != Refused && r != Note }); i >= 0 {
			p.Roles[i] = Email
		}
	}
	return p
}

// Words says a problem of a row, with the column that it is about.
func (p Plan) Words(problem Problem) string {
	if problem.Column == 0 || p.Format == List {
		return problem.Message
	}
	return p.Column(problem.Column-1) + ": " + problem.Message
}

// column is the index of the column with a role, -1 when there is none.
func (p Plan) column(role Role) int { return slices.Index(p.Roles, role) }
