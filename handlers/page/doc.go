// Package page is how the admin looks: the layout, the parts that screens are
// made of, one stylesheet and one small script. It renders and nothing else: it
// knows no store, no session and no clock.
//
// A screen is a struct that embeds Base and a template that is checked against
// it:
//
//	//go:embed templates/*.tmpl
//	var files embed.FS
//
//	type usersPage struct {
//		page.Base
//		Users []row
//		Now   time.Time
//	}
//
//	var usersView = page.New[usersPage](files, "users")
//
// The template file, templates/users.tmpl, defines "content" and writes HTML
// with the parts that the files in this package's templates folder describe, each
// at its top with the parameters that it takes:
//
//	{{define "content"}}
//	<header class="pagehead"><h1>Users</h1></header>
//	{{template "tabs" (dict "label" "Users" "tabs" .Tabs)}}
//	…
//	{{end}}
//
// It may define "scripts" too, for a script of its own in the head. Files of the
// screen's folder whose name begins with an underscore are parsed beside every
// view of it: a place for parts that its screens share.
//
// Parts take a dict. A part names the parameters that it needs and those that it
// may have; a name that it does not know fails the rendering, and pagetest.Check
// finds it without rendering anything.
//
// The content security policy allows no inline script or style; there is none.
// Everything works without script: what app.js adds, a link or a form does too.
package page
