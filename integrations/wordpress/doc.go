// Package wordpress carries the companion plugin, which keeps course pages for
// those who have access, and the client that talks to it.
//
// The companion is one PHP file, installed as a must-use plugin together with a
// configuration that [Install] renders. It reads access from Enrolld's own table
// in the shared database, so it needs no call to Enrolld to answer a visitor,
// and none from Enrolld to open a course.
//
// The calls that there are go the other way: a [Client] tells the site that a
// user has changed, because WordPress may hold an old copy in a persistent
// cache, and because other plugins may want to know. Such a call is signed with
// the blog's key over its time and body, and is good for five minutes. A signal
// may be sent again: its effects are the same the second time, and it carries an
// id for those receivers that count.
//
// The routes are called as index.php?rest_route=/enrolld/v1/…, the form that
// works without pretty permalinks and behind every rewrite rule. Where a plugin
// closes the REST interface to visitors, signed calls pass all the same; where a
// firewall in front of WordPress blocks it, let these two routes through.
//
// PHP keeps compiled files. A site with opcache.validate_timestamps=0 sees a new
// plugin or configuration only after its PHP has been reloaded; Health tells
// which version answers.
package wordpress
