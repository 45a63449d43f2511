package wordpress

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"enrolld"
)

// entriesSince is the version of the companion that lets the team log in as
// customers, and lets nobody speak in their name.
const entriesSince = "1.2.0"

// TokenField is the form field that EntryURL takes the token of an entry in.
const TokenField = "enrolld_token"

var originPattern = regexp.MustCompile(`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?$`)

// CanEnter says whether the site lets the team log in as customers. Errors, for
// people: Conflict, with what to do.
func (h Health) CanEnter() error {
	switch {
	case !atLeast(h.Version, entriesSince):
		return enrolld.Errorf(enrolld.Conflict,
			"the companion plugin on the site is version %s, and logging in as a customer came with %s: install the companion again", h.Version, entriesSince)
	case !h.EntriesOK:
		return enrolld.Errorf(enrolld.Conflict,
			"the companion plugin cannot write Enrolld's table of entries: install the companion again; 'enrolld doctor' says what is missing")
	}
	return nil
}

// EntryURL is where a browser posts the token of an entry, and its origin, for a
// content security policy. Errors: Invalid when site is no plain web address.
func EntryURL(site string) (address, origin string, err error) {
	u, err := url.Parse(site)
	if err == nil {
		origin = u.Scheme + "://" + u.Host
	}
	if err != nil || u.User != nil || !originPattern.MatchString(origin) {
		return "", "", enrolld.Errorf(enrolld.Invalid, "the site's address %q is not a web address", site)
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/index.php"
	u.RawQuery, u.Fragment = "enrolld=enter", ""
	return u.String(), origin, nil
}

// atLeast compares versions of the companion; what is none is older than any.
func atLeast(version, least string) bool {
	have, want := strings.Split(version, "."), strings.Split(least, ".")
	for i, w := range want {
		if i >= len(have) {
			return false
		}
		wanted, _ := strconv.Atoi(w)
		n, err := strconv.Atoi(have[i])
		if err != nil || n != wanted {
			return err == nil && n > wanted
		}
	}
	return true
}
