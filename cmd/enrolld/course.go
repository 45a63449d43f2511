package main

import (
	"fmt"
	"io"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

type courseCmd struct {
	List courseList `cmd:"" help:"List the courses of an account's site."`
}

type courseList struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

type courseJSON struct {
	Course string `json:"course"`
	Title  string `json:"title"`
	URL    string `json:"url"`
	Status string `json:"status"`
}

// Run lists the courses.
func (c courseList) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		list, err := provision.Courses(a.ctx, db, account)
		if err != nil {
			return err
		}
		views := make([]courseJSON, len(list))
		for i, x := range list {
			views[i] = courseJSON{Course: x.Ref.String(), Title: x.Title, URL: x.URL, Status: x.Status}
		}
		return a.print(views, func(w io.Writer) {
			if len(views) == 0 {
				_, _ = fmt.Fprintln(w, "There is no course yet. Edit a page in WordPress and mark it as a course: "+
					"'Access by Enrolld' beside the text. ('enrolld companion install' adds that box.)")
			}
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%-12s %-40s %-8s %s\n", v.Course, v.Title, v.Status, v.URL)
			}
		})
	})
}
