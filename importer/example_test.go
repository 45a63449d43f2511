package importer_test

import (
	"fmt"
	"strings"

	"enrolld"
	"enrolld/importer"
)

func Example() {
	file := strings.NewReader("Name;E-Mail\nLee, Ann;ann@example.org\nBob;bob@\nAnn;ANN@example.org\n")
	plan, err := importer.Propose(file, importer.Choice{})
	if err == nil {
		err = plan.Check() // people correct plan.Roles until there is nothing to say
	}
	if err != nil {
		fmt.Println(enrolld.MessageOf(err))
		return
	}
	r, err := importer.Open(file, plan, importer.At{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var out strings.Builder
	rejects := importer.NewRejectWriter(&out, plan)
	seen := importer.NewSeen(importer.MaxSeen)
	for {
		row, err := r.Next()
		if err != nil { // io.EOF
			break
		}
		seen.Judge(&row)
		fmt.Printf("%s <%s> %q %q\n", row.Verdict, row.Key, row.First, row.Last)
		if row.Verdict == importer.Invalid {
			_ = rejects.Write(row)
		}
	}
	_ = rejects.Flush()
	fmt.Print(strings.NewReplacer("\ufeff", "", "\r", "").Replace(out.String()))
	// Output:
	// ready <ann@example.org> "Ann" "Lee"
	// invalid <> "Bob" ""
	// same <ann@example.org> "Ann" ""
	// Problem;Name;E-Mail
	// line 3: column 2 “E-Mail”: this is not an email address;Bob;bob@
}
