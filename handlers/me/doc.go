// Package me is what people do with their own login: the profile, the password,
// second factors and recovery codes, sessions, and which mail they get. Nothing
// here is about an account, and nobody sees or changes anybody else's.
//
// What has to wait between two pages (the secret of an app until it has shown a
// code, recovery codes until they are kept) waits in the session, for a while and
// for that login only.
package me
