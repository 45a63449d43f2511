package importer

import (
	"bytes"
	"slices"
	"strings"

	"enrolld"
)

// Delimiters are what may stand between cells: comma, semicolon, tab and bar, in
// the order in which they are tried.
func Delimiters() []string { return []string{",", ";", "\t", "|"} }

// sepLine reads the line by which Excel is told the delimiter: sep=; It returns
// its size with the line end, 0 when there is none.
func sepLine(narrowed []byte) (delimiter string, size int, err error) {
	line, _, _ := bytes.Cut(narrowed[:min(len(narrowed), 16)], []byte("\n"))
	size = min(len(line)+1, len(narrowed))
	text := strings.Trim(string(line), "\r\"")
	if len(text) < 5 || !strings.EqualFold(text[:4], "sep=") {
		return "", 0, nil
	}
	for _, d := range Delimiters() {
		if text[4:] == d {
			return d, size, nil
		}
	}
	return "", 0, enrolld.Errorf(enrolld.Invalid, "the first line says %q, but cells cannot be divided by that: use comma, semicolon, tab or bar", text)
}

// sniffDelimiter chooses the delimiter that leaves most addresses alone in their
// cells, then the one that gives most rows the same number of cells, then the one
// with the most of these.
func sniffDelimiter(sample func(delimiter string) [][]string) string {
	best, bestScore := ",", [3]int{}
	for _, d := range Delimiters() {
		if score := scoreDelimiter(sample(d)); moreThan(score, bestScore) {
			best, bestScore = d, score
		}
	}
	return best
}

func moreThan(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}

func scoreDelimiter(rows [][]string) (score [3]int) {
	same := map[int]int{}
	for _, row := range rows {
		same[len(row)]++
		if slices.ContainsFunc(row, isAddress) {
			score[0]++
		}
	}
	for cells, rows := range same {
		if cells > 1 && (rows > score[1] || rows == score[1] && cells > score[2]) {
			score[1], score[2] = rows, cells
		}
	}
	return score
}

func isAddress(cell string) bool {
	if !strings.Contains(cell, "@") {
		return false
	}
	_, _, err := enrolld.ParseEmail(cell)
	return err == nil
}
