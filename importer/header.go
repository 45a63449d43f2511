package importer

import (
	"slices"
	"strings"
	"unicode"
)

// hasHeader says whether the first row names columns: it has no address, and what
// it has is known or there are addresses below it.
func hasHeader(rows [][]string) bool {
	if len(rows) == 0 || slices.ContainsFunc(rows[0], func(c string) bool { return strings.Contains(c, "@") }) {
		return false
	}
	known := slices.ContainsFunc(rows[0], func(c string) bool { return readHeader(c).role != Ignore })
	return known || slices.ContainsFunc(rows[1:], func(row []string) bool { return slices.ContainsFunc(row, isAddress) })
}

// proposeRoles says what the columns of a header are, where its names tell.
func proposeRoles(header []string, rows [][]string) []Role {
	words := make([]headerWord, len(header))
	for i, name := range header {
		words[i] = readHeader(name)
	}
	loneNames(words)
	ignoreFullNames(words)
	roles := make([]Role, len(header))
	for i, word := range words {
		roles[i] = word.role
	}
	for _, role := range []Role{Email, Name, First, Last} {
		settle(roles, words, role)
	}
	if !slices.Contains(roles, Email) && !slices.Contains(roles, Undecided) {
		if i := mostAddresses(roles, rows); i >= 0 {
			roles[i] = Email
		}
	}
	return roles
}

// loneNames reads a column called Name by the one beside it: in a list with first
// names it is the last name (Vorname, Name), and the other way round (Nome, Cognome).
func loneNames(words []headerWord) {
	has := func(role Role) bool {
		return slices.ContainsFunc(words, func(w headerWord) bool { return w.role == role })
	}
	role := Name
	switch first, last := has(First), has(Last); {
	case first && !last:
		role = Last
	case last && !first:
		role = First
	}
	for i := range words {
		if words[i].role == Name {
			words[i].role = role
		}
	}
}

// settle leaves a role to the column whose name says it most plainly. When several
// do, somebody has to decide.
func settle(roles []Role, words []headerWord, role Role) {
	best, count := 1, [2]int{}
	for i := range roles {
		if roles[i] == role {
			count[words[i].rank]++
			best = min(best, words[i].rank)
		}
	}
	for i := range roles {
		switch {
		case roles[i] != role:
		case words[i].rank > best:
			roles[i] = Ignore
		case count[best] > 1:
			roles[i] = Undecided
		}
	}
}

// ignoreFullNames leaves out full names where there are their parts.
func ignoreFullNames(words []headerWord) {
	if !slices.ContainsFunc(words, func(w headerWord) bool { return w.role == First || w.role == Last }) {
		return
	}
	for i := range words {
		if words[i].role == Name {
			words[i].role = Ignore
		}
	}
}

// contentRoles says what the columns of a file without header are, by what is in them.
func contentRoles(columns int, rows [][]string) []Role {
	roles := make([]Role, columns)
	for i := range roles {
		roles[i] = Ignore
	}
	email := mostAddresses(roles, rows)
	if email < 0 {
		return roles
	}
	roles[email] = Email
	var names []int
	for i := range roles {
		if i != email && likeNames(i, rows) {
			names = append(names, i)
		}
	}
	switch {
	case len(names) == 1:
		roles[names[0]] = Name
	case len(names) > 1 && names[1] == names[0]+1 && !twoWords(names[0], rows):
		roles[names[0]], roles[names[1]] = First, Last
	case len(names) > 1:
		roles[names[0]] = Name
	}
	return roles
}

// mostAddresses is the column with the most addresses, -1 when none has any.
func mostAddresses(roles []Role, rows [][]string) int {
	best, most := -1, 0
	for i, role := range roles {
		if n := count(i, rows, isAddress); role != Refused && n > most {
			best, most = i, n
		}
	}
	return best
}

// likeNames says whether most cells of a column are made of letters as names are.
func likeNames(column int, rows [][]string) bool {
	return count(column, rows, func(cell string) bool {
		return strings.ContainsFunc(cell, unicode.IsLetter) && !strings.ContainsFunc(cell, func(r rune) bool {
			return unicode.IsDigit(r) || strings.ContainsRune("@/:_=", r)
		})
	})*2 > len(rows)
}

// twoWords says whether most cells of a column have several words.
func twoWords(column int, rows [][]string) bool {
	return count(column, rows, func(cell string) bool { return len(strings.Fields(cell)) > 1 })*2 > len(rows)
}

func count(column int, rows [][]string, is func(cell string) bool) (n int) {
	for _, row := range rows {
		if column < len(row) && is(row[column]) {
			n++
		}
	}
	return n
}
