package importer

import (
	"fmt"

	"github.com/gocarina/gocsv"
)

// person is what is read of a row of a table.
type person struct {
	Email string `csv:"email"`
	Name  string `csv:"name"`
	First string `csv:"first"`
	Last  string `csv:"last"`
}

// personRoles are the columns of a person, named as its tags.
var personRoles = []Role{Email, Name, First, Last}

// table decodes rows into people. gocsv does that for a batch of rows at a time,
// which it is handed as a gocsv.Decoder: its own ways to stream need a goroutine
// that cannot be stopped, or csv.Reader, which neither bounds a row nor says where
// it was lenient; and its errors count records, not lines.
type table struct {
	plan    Plan
	columns []int // where each column of header is in a row
	records [][]string
	cells   []string // of records
	people  []person
}

func newTable(plan Plan) *table {
	t := &table{plan: plan, people: make([]person, batchRows)}
	header := []string{}
	for _, role := range personRoles {
		if i := plan.column(role); i >= 0 {
			t.columns = append(t.columns, i)
			header = append(header, string(role))
		}
	}
	t.records = append(t.records, header)
	t.cells = make([]string, batchRows*len(header))
	return t
}

// GetCSVRows implements gocsv.Decoder: the header and the rows of one batch.
func (t *table) GetCSVRows() ([][]string, error) { return t.records, nil }

// judge decodes rows and fills in who they are.
func (t *table) judge(rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	clear(t.people) // of the batch before
	clear(t.cells)
	t.records = t.records[:1]
	for i := range rows {
		t.records = append(t.records, t.record(i, rows[i].Cells))
	}
	if err := gocsv.UnmarshalDecoder(t, &t.people); err != nil {
		return fmt.Errorf("decode rows %d to %d: %w", rows[0].Number, rows[len(rows)-1].Number, err)
	}
	for i := range rows {
		if !rows[i].damaged() {
			judge(&rows[i], t.people[i], t.plan)
		}
	}
	return nil
}

// record is what gocsv is told of row i of a batch.
func (t *table) record(i int, cells []string) []string {
	n := len(t.columns)
	out := t.cells[i*n : (i+1)*n : (i+1)*n]
	for j, column := range t.columns {
		out[j] = ""
		if column < len(cells) {
			out[j] = cells[column]
		}
	}
	return out
}
