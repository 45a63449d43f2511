package wordpress

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"enrolld"
)

// Config is what the companion needs to know, by blog. A site that is no
// network has one blog, number 1.
type Config struct {
	Blogs map[int64]Blog
}

// Blog is the configuration of one blog.
type Blog struct {
	Accounts []int64        // the accounts whose grants open its courses
	Key      enrolld.Secret // signs our calls: 32 or more hex digits
	Table    string         // the access table as SQL, such as `enrolld`.`enrolld_access`
	Entries  string         // the table of who logs in as a customer, likewise
}

var (
	keyPattern   = regexp.MustCompile(`^[0-9a-f]{32,128}$`)
	tablePattern = regexp.MustCompile("^(`[A-Za-z0-9_$-]{1,64}`\\.)?`[A-Za-z0-9_$-]{1,64}`$")
)

// Table names a table of ours for a Blog.
func Table(database, name string) string { return "`" + database + "`.`" + name + "`" }

// validate refuses what would not work, or would not stay text, in PHP and SQL.
func (c Config) validate() error {
	if len(c.Blogs) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "the companion's configuration names no blog")
	}
	for id, b := range c.Blogs {
		switch {
		case id <= 0:
			return enrolld.Errorf(enrolld.Invalid, "blog %d: want a number above 0", id)
		case len(b.Accounts) == 0 || slices.Min(b.Accounts) <= 0:
			return enrolld.Errorf(enrolld.Invalid, "blog %d: want accounts, with numbers above 0", id)
		case !keyPattern.MatchString(b.Key.Reveal()):
			return enrolld.Errorf(enrolld.Invalid, "blog %d: want a key of 32 to 128 hex digits in lower case", id)
		case !tablePattern.MatchString(b.Table), !tablePattern.MatchString(b.Entries):
			return enrolld.Errorf(enrolld.Invalid, "blog %d: want a table name in backquotes", id)
		}
	}
	return nil
}

// render writes the configuration as PHP. The same configuration gives the
// same bytes.
func (c Config) render() string {
	var b strings.Builder
	b.WriteString(`<?php
/**
 * Written by Enrolld for enrolld-companion.php. The key is a secret.
 *
 * @package Enrolld
 */

defined( 'ABSPATH' ) || exit;

define(
	'ENROLLD_COMPANION',
	array(
		'blogs' => array(
`)
	for _, id := range slices.Sorted(maps.Keys(c.Blogs)) {
		blog := c.Blogs[id]
		accounts := slices.Clone(blog.Accounts)
		slices.Sort(accounts)
		fmt.Fprintf(&b, "\t\t\t%d => array(\n", id)
		fmt.Fprintf(&b, "\t\t\t\t'accounts' => array( %s ),\n", joinInts(slices.Compact(accounts)))
		fmt.Fprintf(&b, "\t\t\t\t'key'      => %s,\n", quote(blog.Key.Reveal()))
		fmt.Fprintf(&b, "\t\t\t\t'table'    => %s,\n", quote(blog.Table))
		fmt.Fprintf(&b, "\t\t\t\t'entries'  => %s,\n\t\t\t),\n", quote(blog.Entries))
	}
	b.WriteString("\t\t),\n\t)\n);\n")
	return b.String()
}

// quote returns s as a PHP string in single quotes, where only the quote and
// the backslash mean anything.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func joinInts(ns []int64) string {
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ", ")
}
