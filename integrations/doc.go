// Package integrations is where checkout tools meet Enrolld: what a platform
// must be able to do (Platform), the list of platforms, and what their formats
// share. Each platform has a package of its own below this one and does three
// things: it proves that a delivery is authentic, names it, and translates it
// into the events that all platforms share. Nothing here knows SQL or pages.
package integrations
