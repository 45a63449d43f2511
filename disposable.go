package enrolld

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The list says in its first lines where it is from. To refresh it, save the file
// disposable_email_blocklist.conf of the disposable-email-domains project on
// GitHub (CC0-1.0) and name it and its date:
//
//	DISPOSABLE_LIST=disposable_email_blocklist.conf DISPOSABLE_SOURCE="… of 2027-01-31" go generate .
//
// Without these the list is only cleaned and sorted again.
//
//go:generate go run ./cmd/disposable -source=$DISPOSABLE_SOURCE -out=disposable.txt $DISPOSABLE_LIST
//go:embed disposable.txt
var disposableList string

var disposableDomains = sync.OnceValue(func() []string { return dataLines(disposableList) })

// Disposable says whether an address is of a service that gives out mailboxes
// for minutes, by its domain and the domains above it. It cannot know all of
// them, and none where people have their mail for good.
func Disposable(key EmailKey) bool {
	for domain := key.Domain(); domain != ""; {
		if _, found := slices.BinarySearch(disposableDomains(), domain); found {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// dataLines returns the lines of an embedded list: those after the first empty
// line. What stands before says where the list is from.
func dataLines(list string) []string {
	_, data, _ := strings.Cut(list, "\n\n")
	return strings.Split(strings.TrimSuffix(data, "\n"), "\n")
}
