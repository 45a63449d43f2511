// Package tour leads through every screen of the admin: whose it is, where it is
// and what is done there before it is looked at. The pictures are taken on it, and
// the accessibility of each screen is checked on it. The office that it shows is
// the academy after some weeks of work.
package tour
