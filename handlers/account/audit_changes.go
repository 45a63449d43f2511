package account

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/store/team"
)

// change is one thing that an entry of the audit log tells: what it was and what
// it became, or what else is known.
type change struct {
	Name          string
	Before, After string
	Changed       bool // false: After is what is known, Before says nothing
}

// changes are the differences between what an entry was before and after, then
// what else it tells. What did not change is left out.
func changes(e team.AuditRow) []change {
	before, after := flatten(e.Before), flatten(e.After)
	var out []change
	for _, key := range union(before, after) {
		if before[key] != after[key] {
			out = append(out, change{nameOf(key), before[key], after[key], true})
		}
	}
	detail := flatten(e.Detail)
	for _, key := range union(detail, nil) {
		if detail[key] != "" {
			out = append(out, change{Name: nameOf(key), After: detail[key]})
		}
	}
	return out
}

func union(a, b map[string]string) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// flatten makes names and texts of JSON: {"terms":{"all":true}} is "terms.all" and
// "yes". What cannot be read is shown as it is.
func flatten(raw json.RawMessage) map[string]string {
	if len(raw) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return map[string]string{"": string(raw)}
	}
	out := map[string]string{}
	flattenInto(out, "", v)
	return out
}

func flattenInto(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range v {
			flattenInto(out, strings.TrimPrefix(path+"."+key, "."), inner)
		}
	case []any:
		parts := make([]string, len(v))
		for i, inner := range v {
			parts[i] = textOf(inner)
		}
		slices.Sort(parts)
		out[path] = strings.Join(parts, ", ")
	default:
		out[path] = textOf(v)
		if words, ok := endWords[out[path]]; ok && strings.Contains(path, "on_") {
			out[path] = words
		}
	}
}

func textOf(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return dateOr(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// dateOr writes a moment as people do; the zero one, which says that there is no
// end, in words.
func dateOr(s string) string {
	at, err := time.Parse(time.RFC3339, s)
	switch {
	case err != nil:
		return s
	case at.IsZero():
		return "without end"
	}
	return at.UTC().Format("2 January 2006, 15:04 MST")
}

// endWords are what a rule does when the ground of access falls away.
var endWords = map[string]string{
	string(enrolld.Revoke): "access ends", string(enrolld.Keep): "access stays", string(enrolld.PeriodEnd): "access stays until the paid time is over",
}

// fieldNames are those that underscores alone do not make readable.
var fieldNames = map[string]string{
	"from_name": "sender's name", "from_address": "sender's address", "link_days": "days that links are valid",
	"second_factor_from": "second factor required of all from", "type": "type", "all": "all permissions",
	"scope.all_accounts": "all accounts", "scope.accounts": "accounts", "scope.all_products": "all products",
	"scope.products": "products", "scope.edit_products": "may change products", "scope.delete_products": "may delete products",
	"days": "days of access", "start_after_days": "days until access begins", "grace_hours": "hours of grace",
	"on_refund": "after a refund", "on_cancel": "after a cancellation", "on_expiry": "when the paid time is over",
	"sessions_ended": "sessions ended", "minor": "amount in the smallest unit", "": "value",
}

// nameOf makes a path of JSON readable: permissions by their titles.
func nameOf(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "terms."), "rule.")
	if p, ok := strings.CutPrefix(path, "rights."); ok {
		if info, known := enrolld.Permission(p).Info(); known {
			return "may ‘" + info.Title + "’ until"
		}
	}
	if name, ok := fieldNames[path]; ok {
		return name
	}
	return strings.NewReplacer("_", " ", ".", ", ").Replace(path)
}
