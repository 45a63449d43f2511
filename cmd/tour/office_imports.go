package tour

import (
	"context"
	"fmt"
	"strings"
	"time"

	"enrolld"
	"enrolld/importer"
	"enrolld/store/importing"
)

// bringLists brings lists of customers and leaves an import behind wherever one can
// stand.
func (o *Office) bringLists(ctx context.Context) error {
	x := importing.On(o.DB)
	for _, step := range []struct {
		name string
		file string
		then func(context.Context, *importing.Imports, importing.Import) error
	}{
		{"old-forum.csv", people("forum", 3), o.importAndUndo},
		{"workshop-2025.csv", people("workshop", 7) + "Noa Levi,noa.levi@\n", o.importAll},
		{"workshop-2025 (1).csv", people("workshop", 7) + "Noa Levi,noa.levi@\n", o.importReady},
		{"kickstarter-backers.csv", people("backer", 400), o.importHalf},
		{"members-2026.csv", "Name,E-mail,Country,Role\nAnn O'Neil,ann.oneil@example.org,IE,\nCléo Martin,cleo.martin@example.org,FR,\n" +
			"Ida Berg,ida.berg@example.org,NO,\nYusuf Demir,yusuf.demir@example.org,TR,\n=Hyperlink,grace@example.org,UK,editor\n" +
			"Ida Berg,IDA.BERG@example.org,NO,\nLars,lars.at.example.org,DK,\n", o.importReady},
		{"newsletter.csv", "E-mail;Email;Full name;City\nfinn@example.org;finn.h@example.net;Finn Hale;Cork\n" +
			"rosa@example.org;;Rosa Lima;Porto\n", nil},
	} {
		i, err := x.Create(ctx, o.Owner.Actor(), importing.Upload{AccountID: o.Account.ID, FileName: step.name}, strings.NewReader(step.file))
		if err == nil && step.then != nil {
			err = step.then(ctx, x, i)
		}
		if err != nil {
			return fmt.Errorf("import %s: %w", step.name, err)
		}
		o.ids["import "+step.name] = i.ID
	}
	return nil
}

// people is a file of n people.
func people(name string, n int) string {
	first, last := []string{"Mira", "Owen", "Sofia", "Kenji", "Elif"}, []string{"Novak", "Quinn", "Rossi", "Tanaka"}
	var b strings.Builder
	b.WriteString("Name,Email\n")
	for k := range n {
		fmt.Fprintf(&b, "%s %s,%s%d@example.org\n", first[k%len(first)], last[k%len(last)], name, k+1)
	}
	return b.String()
}

// importReady has the rows counted.
func (o *Office) importReady(ctx context.Context, x *importing.Imports, i importing.Import) error {
	until := time.Now().UTC().AddDate(1, 0, 0).Truncate(24 * time.Hour)
	terms := importing.Terms{Courses: []enrolld.CourseRef{{LMS: "page", ID: o.Courses[0].ID}}, EndsAt: &until, Notify: i.FileName == "members-2026.csv"}
	if i.Plan.Format == importer.CSV && i.Plan.Check() == nil {
		if _, err := x.Decide(ctx, o.Account.ID, i.ID, i.Plan, terms); err != nil {
			return err
		}
	}
	_, err := x.Preview(ctx, o.Account.ID, i.ID, func(importing.Import) {})
	return err
}

// importAll has a list taken in to the end.
func (o *Office) importAll(ctx context.Context, x *importing.Imports, i importing.Import) error {
	if err := o.importReady(ctx, x, i); err != nil {
		return err
	}
	if _, err := x.Start(ctx, o.Owner.Actor(), o.Account.ID, i.ID); err != nil {
		return err
	}
	return o.ended(ctx, x, i.ID, importing.Done)
}

// importAndUndo has a list taken in and undone, but for somebody whose access was
// changed in between.
func (o *Office) importAndUndo(ctx context.Context, x *importing.Imports, i importing.Import) error {
	if err := o.importAll(ctx, x, i); err != nil {
		return err
	}
	_, err := o.DB.Conn().ExecContext(ctx, `UPDATE enrolld_grants SET ends_at = NULL WHERE cause_kind = 'import' AND cause_id = ? ORDER BY customer_id LIMIT 1`, i.ID)
	if err != nil {
		return fmt.Errorf("change somebody's access: %w", err)
	}
	if _, err := x.Undo(ctx, o.Owner.Actor(), o.Account.ID, i.ID); err != nil {
		return err
	}
	return o.ended(ctx, x, i.ID, importing.Undone)
}

// importHalf leaves an import running that no worker has: it stays where it is.
func (o *Office) importHalf(ctx context.Context, x *importing.Imports, i importing.Import) error {
	if err := o.importReady(ctx, x, i); err != nil {
		return err
	}
	_, err := o.DB.Conn().ExecContext(ctx, `UPDATE enrolld_imports SET state = 'running', started_at = created_at, due_at = NULL,
		position = ?, counts = ? WHERE id = ?`, fmt.Sprintf(`{"offset":%d,"line":169,"number":168}`, i.Size*42/100),
		`{"rows":168,"new":151,"known":9,"same":6,"invalid":2}`, i.ID)
	if err != nil {
		return fmt.Errorf("stop in the middle: %w", err)
	}
	return nil
}

// ended waits until an import is in a state.
func (o *Office) ended(ctx context.Context, x *importing.Imports, id int64, state importing.State) error {
	for range time.Tick(10 * time.Millisecond) {
		i, err := x.Get(ctx, o.Account.ID, id)
		if err != nil || i.State == state {
			return err
		}
		if i.State == importing.Paused {
			return fmt.Errorf("it is paused: %s", i.Note)
		}
	}
	return nil
}
