// Package handlers is HTTP: routes, what guards them, and what they answer.
//
// routes.go is the map: what programs call is listed there, the screens of the
// admin come from the packages that screens.go puts together. A route states who may
// call it (Access); one that does not cannot be registered. Handlers return errors and adapt.go turns them
// into answers, in one place, logged once, without anybody's data.
package handlers
