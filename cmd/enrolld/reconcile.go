package main

import (
	"fmt"
	"io"
	"time"

	"enrolld"
	"enrolld/cmd/service"
	"enrolld/store"
)

type reconcileCmd struct {
	Account string        `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Since   time.Duration `help:"How far back the checkout tools are asked." default:"720h" placeholder:"DURATION"`
	Offline bool          `help:"Ask no checkout tool: compare only what is stored with what the site lets people into."`
	Mend    bool          `help:"Put right what is found."`
}

// Validate wants a time to look back over.
func (c reconcileCmd) Validate() error {
	if c.Since <= 0 {
		return enrolld.Errorf(enrolld.Invalid, "--since: a duration such as 720h")
	}
	return nil
}

type reconciledJSON struct {
	Sources     []sourceJSON     `json:"sources"`
	Differences []differenceJSON `json:"differences"`
	TakenIn     int              `json:"taken_in"`
	Mended      bool             `json:"mended"`
}

type sourceJSON struct {
	Integration int64      `json:"integration"`
	Platform    string     `json:"platform"`
	Name        string     `json:"name,omitempty"`
	Asked       bool       `json:"asked"`
	Told        int        `json:"told"`
	Problem     string     `json:"problem,omitempty"`
	Last        *time.Time `json:"last,omitempty"`
	Silent      bool       `json:"silent"`
}

type differenceJSON struct {
	What     string `json:"what"`
	Customer int64  `json:"customer,omitempty"`
	Email    string `json:"email,omitempty"`
	Course   string `json:"course,omitempty"`
	Platform string `json:"platform,omitempty"`
	Order    string `json:"order,omitempty"`
	Because  string `json:"because"`
}

// Run compares, lists what differs and, with --mend, puts it right.
func (c reconcileCmd) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		found, err := service.Reconciliation{
			DB: db, Log: a.log, Platforms: service.Platforms(a.apis), Account: account,
			Since: db.Now().Add(-c.Since), Offline: c.Offline, Mend: c.Mend,
		}.Run(a.ctx)
		if err != nil {
			return err
		}
		v := reconciledView(found, c.Mend)
		return a.print(v, v.write)
	})
}

func reconciledView(r service.Reconciled, mended bool) reconciledJSON {
	v := reconciledJSON{Sources: []sourceJSON{}, Differences: []differenceJSON{}, TakenIn: r.TakenIn, Mended: mended}
	for _, s := range r.Sources {
		v.Sources = append(v.Sources, sourceJSON{
			Integration: s.Integration, Platform: s.Platform, Name: s.Name, Asked: s.Asked, Told: s.Told, Problem: s.Problem,
			Last: timeOrNil(s.Rhythm.Last), Silent: s.Rhythm.Silent,
		})
	}
	for _, d := range r.Differences {
		j := differenceJSON{
			What: string(d.Kind), Customer: d.CustomerID, Email: d.Email, Platform: d.Platform, Order: d.Order, Because: d.Because,
		}
		if d.Course.ID != 0 {
			j.Course = d.Course.String()
		}
		v.Differences = append(v.Differences, j)
	}
	return v
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (v reconciledJSON) write(w io.Writer) {
	for _, s := range v.Sources {
		what := fmt.Sprintf("told of %d fact(s)", s.Told)
		if !s.Asked {
			what = s.Problem
		} else if s.Problem != "" {
			what += "; " + s.Problem
		}
		_, _ = fmt.Fprintf(w, "%-4d %-14s %-20s %s\n", s.Integration, s.Platform, s.Name, what)
		if s.Silent {
			_, _ = fmt.Fprintf(w, "%-4s SILENT since %s, longer than it ever pauses: is its webhook still switched on?\n", "", s.Last.Format(dateTime))
		}
	}
	_, _ = fmt.Fprintln(w)
	for _, d := range v.Differences {
		_, _ = fmt.Fprintf(w, "%-22s %-30s %-12s %s %s: %s\n", d.What, d.Email, d.Course, d.Platform, d.Order, d.Because)
	}
	switch {
	case len(v.Differences) == 0:
		_, _ = fmt.Fprintln(w, "Everybody has what they should have.")
	case v.Mended:
		_, _ = fmt.Fprintf(w, "\n%d difference(s), mended but for what waits for a person; run it again to see.\n", len(v.Differences))
	default:
		_, _ = fmt.Fprintf(w, "\n%d difference(s). 'enrolld reconcile --mend' puts right what can be.\n", len(v.Differences))
	}
}
