package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
	"enrolld/store/importing"
)

type importCmd struct {
	File    importFile    `cmd:"" default:"withargs" help:"Import a file of customers."`
	List    importList    `cmd:"" help:"List the imports of an account."`
	Resume  importResume  `cmd:"" help:"Go on with an import that was stopped."`
	Undo    importUndo    `cmd:"" help:"Take back what an import gave."`
	Rejects importRejects `cmd:"" help:"Print the rows that were not taken, to be mended and imported."`
}

type importFile struct {
	Path    string            `arg:"" name:"file" help:"A CSV file, or a list with one person a line; - for what is piped in."`
	Account string            `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Courses []string          `help:"Courses that everybody gets, e.g. 12,15 (see 'course list')." required:"" placeholder:"ID,…"`
	Until   string            `help:"Access ends at the beginning of this day (UTC)." placeholder:"2027-01-31"`
	Notify  bool              `help:"Send everybody who gets a course a message; new ones set their password with it."`
	DryRun  bool              `help:"Only say what would come of it; nothing is kept." name:"dry-run"`
	Map     map[string]string `help:"What columns are, by header or number: email=Mail;name=Name (also first, last)." placeholder:"ROLE=COLUMN;…"`
	AsList  bool              `help:"The file is a list of people, one a line, not a table." name:"list"`
}

// Run imports a file: a look at all of it first, then row by row.
func (c importFile) Run(a *app) error {
	until, err := c.until()
	if err != nil {
		return err
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		terms := importing.Terms{EndsAt: until, Notify: c.Notify}
		if terms.Courses, err = resolveCourses(a, db, account, c.Courses); err != nil {
			return err
		}
		r := newImportRun(a, db, account)
		i, err := c.upload(r)
		if err != nil {
			return err
		}
		if i, err = c.look(r, i, terms); err != nil || c.DryRun {
			// A draft is a list of people: it goes when nothing comes of it.
			drop := r.x.Cancel(context.WithoutCancel(a.ctx), operator, account.ID, i.ID)
			if err == nil && drop == nil {
				err = a.print(importView(i), func(io.Writer) {})
			}
			return firstOf(err, drop)
		}
		if i, err = r.x.Start(a.ctx, operator, account.ID, i.ID); err != nil {
			return err
		}
		return r.finish(i)
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c importFile) until() (*time.Time, error) {
	if c.Until == "" {
		return nil, nil //nolint:nilnil // no end
	}
	at, err := time.Parse(time.DateOnly, c.Until)
	if err != nil {
		return nil, enrolld.Errorf(enrolld.Invalid, "--until: a day such as 2027-01-31")
	}
	return &at, nil
}

func (c importFile) upload(r *importRun) (importing.Import, error) {
	src, name := r.a.in, "list"
	if c.Path != "-" {
		file, err := os.Open(c.Path)
		if err != nil {
			return importing.Import{}, enrolld.Wrap(enrolld.Invalid, err, "the file cannot be opened")
		}
		defer func() { _ = file.Close() }()
		src, name = file, filepath.Base(c.Path)
	}
	up := importing.Upload{AccountID: r.account.ID, FileName: name}
	if c.AsList {
		up.Choice.Format = importer.List
	}
	return r.x.Create(r.a.ctx, operator, up, src)
}

// look decides how the file is read, counts what would come of it, and says so.
func (c importFile) look(r *importRun, i importing.Import, terms importing.Terms) (importing.Import, error) {
	plan, err := mapColumns(i.Plan, c.Map)
	if err != nil {
		return i, err
	}
	if _, err := r.x.Decide(r.a.ctx, r.account.ID, i.ID, plan, terms); err != nil {
		return i, err
	}
	bar := r.bar("counting")
	counted, err := r.x.Preview(r.a.ctx, r.account.ID, i.ID, func(i importing.Import) { bar.show(i.At.Offset, i.Size, i.Preview.Rows) })
	bar.end()
	if err != nil {
		return i, err
	}
	r.describe(counted)
	return counted, nil
}

// columnRoles are what --map may say that a column is.
var columnRoles = map[string]importer.Role{
	"email": importer.Email, "name": importer.Name, "first": importer.First, "last": importer.Last,
}

// mapColumns is the plan with columns that somebody named; what is not named is
// not read.
func mapColumns(plan importer.Plan, named map[string]string) (importer.Plan, error) {
	if len(named) == 0 {
		return plan, nil
	}
	roles := make([]importer.Role, len(plan.Roles))
	for i := range roles {
		roles[i] = importer.Ignore
	}
	for word, column := range named {
		role, ok := columnRoles[strings.ToLower(word)]
		if !ok {
			return plan, enrolld.Errorf(enrolld.Invalid, "--map: %q is none of email, name, first and last", word)
		}
		i := columnNamed(plan, column)
		if i < 0 {
			return plan, enrolld.Errorf(enrolld.Invalid, "--map: the file has no column %q", column)
		}
		roles[i] = role
	}
	return plan.WithRoles(roles), nil
}

// columnNamed is the index of a column by its header, or by its number from 1.
func columnNamed(plan importer.Plan, name string) int {
	for i, h := range plan.Header {
		if h != "" && strings.EqualFold(strings.TrimSpace(h), strings.TrimSpace(name)) {
			return i
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(plan.Header) {
		return n - 1
	}
	return -1
}

type importResume struct {
	ID      int64  `arg:"" help:"The import's number."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run goes on behind the last row that was taken.
func (c importResume) Run(a *app) error {
	return a.withImport(c.Account, c.ID, func(r *importRun, i importing.Import) (err error) {
		if i.State == importing.Paused {
			if i, err = r.x.Resume(a.ctx, operator, i.AccountID, i.ID); err != nil {
				return err
			}
		}
		if i.State != importing.Running && i.State != importing.Undoing {
			return enrolld.Errorf(enrolld.Conflict, "import %d is %s: there is nothing to go on with", i.ID, i.State.Text())
		}
		return r.finish(i)
	})
}

type importUndo struct {
	ID      int64  `arg:"" help:"The import's number."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run takes back what an import gave, and says what stays and why.
func (c importUndo) Run(a *app) error {
	return a.withImport(c.Account, c.ID, func(r *importRun, i importing.Import) error {
		i, err := r.x.Undo(a.ctx, operator, i.AccountID, i.ID)
		if err != nil {
			return err
		}
		return r.finish(i)
	})
}

type importRejects struct {
	ID      int64  `arg:"" help:"The import's number."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run prints the rows that were not taken, as a file.
func (c importRejects) Run(a *app) error {
	return a.withImport(c.Account, c.ID, func(r *importRun, i importing.Import) error {
		return r.x.Rejects(a.ctx, i.AccountID, i.ID, a.out)
	})
}

type importList struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run lists the latest imports.
func (c importList) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		list, err := importing.On(db).List(a.ctx, account.ID, 0, 100)
		if err != nil {
			return err
		}
		views := make([]importJSON, len(list))
		for k, i := range list {
			views[k] = importView(i)
		}
		return a.print(views, func(w io.Writer) {
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%-6d %-10s %-30s %s  %d rows: %d new, %d known, %d same, %d not taken\n", v.ID, v.State, v.File,
					v.Created.Format(dateTime), v.Counts.Rows, v.Counts.New, v.Counts.Known, v.Counts.Same, v.Counts.Invalid+v.Counts.Refused)
			}
		})
	})
}

// withImport runs f with an import of an account.
func (a *app) withImport(account string, id int64, f func(*importRun, importing.Import) error) error {
	return a.withAccount(account, func(db *store.DB, account enrolld.Account) error {
		r := newImportRun(a, db, account)
		i, err := r.x.Get(a.ctx, account.ID, id)
		if err != nil {
			return err
		}
		return f(r, i)
	})
}
