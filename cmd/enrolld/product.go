package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

type productCmd struct {
	List    productList    `cmd:"" help:"List what is sold, what waits for a mapping first."`
	Map     productMap     `cmd:"" help:"Say which courses a product gives; orders that waited get theirs."`
	Refresh productRefresh `cmd:"" help:"Ask the checkout tools what they sell, so that it can be mapped before it sells."`
}

type productJSON struct {
	Platform string   `json:"platform"`
	Product  string   `json:"product"`
	Name     string   `json:"name,omitempty"`
	Bundle   bool     `json:"bundle,omitempty"`
	Mapped   bool     `json:"mapped"`
	Courses  []string `json:"courses,omitempty"`
	Waiting  int      `json:"waiting,omitempty"` // paid lines
}

type productList struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run lists an account's products.
func (c productList) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		products, err := db.Products(a.ctx, account.ID)
		if err != nil {
			return err
		}
		waiting, err := db.ParkedCounts(a.ctx, account.ID)
		if err != nil {
			return err
		}
		views := make([]productJSON, len(products))
		for i, p := range products {
			views[i] = productJSON{
				Platform: p.Platform, Product: p.Key, Name: p.Name, Bundle: p.Bundle, Mapped: p.MappedAt != nil, Courses: courseNames(p.Rule.Courses),
				Waiting: waiting[store.ProductID{Platform: p.Platform, Key: p.Key}],
			}
		}
		return a.print(views, func(w io.Writer) {
			for _, v := range views {
				what := "→ " + strings.Join(v.Courses, ", ")
				if !v.Mapped {
					what = fmt.Sprintf("not mapped, %d paid order(s) wait", v.Waiting)
				}
				name := v.Name
				if v.Bundle {
					name += " (bundle)"
				}
				_, _ = fmt.Fprintf(w, "%-12s %-28s %-30s %s\n", v.Platform, v.Product, name, what)
			}
		})
	})
}

func courseNames(list []enrolld.CourseRef) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.String()
	}
	return out
}

type productMap struct {
	Account    string   `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Platform   string   `help:"The platform that sells the product." required:""`
	Product    string   `help:"The product's id there, or id/variant." required:"" placeholder:"ID"`
	Courses    []string `help:"Courses it gives, e.g. 12,15 (see 'course list'); none with --no-courses." placeholder:"ID,…"`
	NoCourses  bool     `help:"The product gives no course: its orders need not wait." name:"no-courses"`
	Name       string   `help:"The product's name, when no delivery has told it yet."`
	Days       int      `help:"Access lasts this many days; 0: no end."`
	StartAfter int      `help:"Access begins this many days after the sale." placeholder:"DAYS" name:"start-after"`
	GraceHours int      `help:"Access outlives an unpaid period by this many hours; 0: 72; negative: none."`
	OnRefund   string   `help:"What a refund does: revoke or keep." enum:"revoke,keep" default:"revoke"`
	OnCancel   string   `help:"What a cancellation does: period_end, revoke (at once) or keep." enum:"period_end,revoke,keep" default:"period_end"`
	OnExpiry   string   `help:"What the end of the paid time does: revoke or keep." enum:"revoke,keep" default:"revoke"`
}

// Run maps a product and settles the orders that waited for it.
func (c productMap) Run(a *app) error {
	if _, err := platformNamed(c.Platform); err != nil {
		return err
	}
	if c.NoCourses == (len(c.Courses) > 0) {
		return enrolld.Errorf(enrolld.Invalid, "give --courses, or --no-courses")
	}
	const day = 24 * time.Hour
	rule := enrolld.Rule{
		Duration: time.Duration(c.Days) * day, StartDelay: time.Duration(c.StartAfter) * day,
		Grace: time.Duration(c.GraceHours) * time.Hour, OnRefund: enrolld.OnEnd(c.OnRefund), OnCancel: enrolld.OnEnd(c.OnCancel),
		OnExpiry: enrolld.OnEnd(c.OnExpiry),
	}
	if err := rule.Validate(); err != nil {
		return err
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		var err error
		if rule.Courses, err = resolveCourses(a, db, account, c.Courses); err != nil {
			return err
		}
		n, err := db.MapProduct(a.ctx, enrolld.Product{
			AccountID: account.ID, Platform: c.Platform, Key: c.Product, Name: c.Name, Rule: rule,
		})
		if err != nil {
			return err
		}
		settled, err := provision.New(db, nil, provision.Options{Log: a.log}).DueAll(a.ctx)
		if err != nil {
			return err
		}
		result := struct {
			Customers int64 `json:"customers"`
			Settled   int   `json:"settled"`
		}{n, settled}
		return a.print(result, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s %s gives %s.\n%d customer(s) have bought it; their access is up to date.\n",
				c.Platform, c.Product, orNone(courseNames(rule.Courses)), n)
		})
	})
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "no course"
	}
	return strings.Join(list, ", ")
}

// resolveCourses turns what was typed into courses that exist on the site.
func resolveCourses(a *app, db *store.DB, account enrolld.Account, typed []string) ([]enrolld.CourseRef, error) {
	known, err := provision.Courses(a.ctx, db, account)
	if err != nil {
		return nil, err
	}
	var out []enrolld.CourseRef
	for _, t := range typed {
		ref, err := enrolld.ParseCourseRef(t)
		if err != nil {
			return nil, err
		}
		var found []enrolld.CourseRef
		for _, k := range known {
			if k.Ref.ID == ref.ID && (ref.LMS == "" || ref.LMS == k.Ref.LMS) {
				found = append(found, k.Ref)
			}
		}
		switch len(found) {
		case 0:
			return nil, enrolld.Errorf(enrolld.NotFound, "the site has no course %s; 'enrolld course list' shows those there are", t)
		case 1:
			out = append(out, found[0])
		default:
			return nil, enrolld.Errorf(enrolld.Invalid, "course %s could be %s: write which", t, strings.Join(courseNames(found), " or "))
		}
	}
	return out, nil
}
