package mailer

import (
	"bufio"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"enrolld"
)

// Limits are how many messages per second may go to each provider: the name of a
// group such as "gmail", or a domain. "*" is every other domain, each for itself; 0
// or missing: no limit.
type Limits map[string]float64

// DefaultLimits are far below what the large providers take from a sender whom they
// know, and above what a school sends on a busy day. Through a relay that paces
// itself they cost nothing but patience on the day of a large import.
func DefaultLimits() Limits {
	return Limits{
		"gmail": 20, "outlook": 10, "yahoo": 10, "icloud": 5, "gmx": 5, "tonline": 2, "orange": 2, "proton": 5, "yandex": 5, "mailru": 5,
	}
}

// afterBackoff is the pace of a provider without a limit who asked for less.
const afterBackoff = 1

func (l Limits) of(provider string) float64 {
	if rate, ok := l[provider]; ok {
		return rate
	}
	return l["*"]
}

// ParseLimits reads lines such as
//
//	gmail       20/s
//	example.com 30/m   # their postmaster asked for it
//	*           none
//
// which change the default limits. A domain of a group stands for the group. Errors
// have code Invalid and name the line.
func ParseLimits(r io.Reader) (Limits, error) {
	out := DefaultLimits()
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 {
			return nil, enrolld.Errorf(enrolld.Invalid, "mail limits, line %d: write a provider or a domain, then how many: gmail 20/s", n)
		}
		name, err := limited(fields[0])
		if err != nil {
			return nil, enrolld.Errorf(enrolld.Invalid, "mail limits, line %d: %s", n, enrolld.MessageOf(err))
		}
		rate, ok := parseRate(fields[1])
		if !ok {
			return nil, enrolld.Errorf(enrolld.Invalid, "mail limits, line %d: %q is not how many; write 20/s, 600/m, 5000/h or none", n, fields[1])
		}
		out[name] = rate
	}
	if err := lines.Err(); err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the mail limits cannot be read")
	}
	return out, nil
}

// limited is the name under which a limit is kept.
func limited(s string) (string, error) {
	s = strings.ToLower(s)
	if _, group := providers[s]; group || s == "*" {
		return s, nil
	}
	_, key, err := enrolld.ParseEmail("postmaster@" + s)
	if err != nil {
		return "", enrolld.Errorf(enrolld.Invalid, "%q is neither a domain nor one of %s", s,
			strings.Join(slices.Sorted(maps.Keys(providers)), ", "))
	}
	return providerOf(key.Domain()), nil
}

// parseRate reads "20/s", "600/m" or "5000/h", and "none" as 0.
func parseRate(s string) (perSecond float64, ok bool) {
	if s == "none" {
		return 0, true
	}
	number, unit, _ := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(number, 64)
	seconds := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	if err != nil || seconds == 0 || !(n/seconds >= 0.001 && n/seconds <= maxRate) {
		return 0, false
	}
	return n / seconds, true
}
