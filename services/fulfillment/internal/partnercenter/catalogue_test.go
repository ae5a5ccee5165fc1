package partnercenter

import (
	"regexp"
	"strings"
	"testing"
)

func TestCatalogueIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[entryKey]bool{}
	word := regexp.MustCompile(`^[a-z][a-z_]+[a-z]$`)
	for _, rows := range [][]row{customerRows, productRows, orderRows, subscriptionRows, statusRows} {
		for _, r := range rows {
			for _, e := range r.entries() {
				key := entryKey{e.Status, e.Code}
				if seen[key] {
					t.Errorf("%v stands twice", key)
				}
				seen[key] = true
				if !word.MatchString(e.Word) || !strings.HasSuffix(e.Message, ".") || !strings.HasSuffix(e.Hint, ".") || e.Actor == "" {
					t.Errorf("%v is not told in full: %+v", key, e)
				}
				if e.Outcome == Done || e.Outcome == NotSent {
					t.Errorf("%v has the outcome %v", key, e.Outcome)
				}
				if e.Status >= 500 && e.Class != Ambiguous && e.Class != Terminal {
					t.Errorf("%v: a server error of class %s", key, e.Class)
				}
			}
		}
	}
	if len(Catalogue()) != len(seen) {
		t.Errorf("%d entries, %d rows", len(Catalogue()), len(seen))
	}
}

// TestCommonErrors: the four errors that people know by name, told in the words they know.
func TestCommonErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status        int
		codes         string
		title, action string
	}{
		{404, "20003", "Subscription not found", "Verify tenant ID and ensure customer relationship is established."},
		{400, "800090 900214 900257", "Insufficient seats available", "Remove license assignments from users before reducing subscription quantity."},
		{500, "800003", "Partner Center API timeout", "before anything is sent again"},
		{504, "", "Partner Center API timeout", "before anything is sent again"},
		{400, "800070", "Product not available", "Check product catalog for alternatives."},
		{403, "2091 2085 800020 800028", "Product not available", "Check product catalog for alternatives."},
		{404, "400013 400018 400019", "Product not available", "Check product catalog for alternatives."},
	} {
		for _, code := range strings.Split(tc.codes, " ") {
			e := Describe(tc.status, code)
			if !e.Known || !strings.HasPrefix(e.Message, tc.title+".") || !strings.Contains(e.Hint, tc.action) {
				t.Errorf("%d/%s: %q %q", tc.status, code, e.Message, e.Hint)
			}
		}
	}
}

func TestUnknownCodesFallToTheSafeClass(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]Outcome{
		0: Refused, 200: Unknown, 302: Unknown, 400: Refused, 401: Refused, 404: Refused, 408: Unknown, 409: Conflict, 418: Refused,
		429: Throttled, 500: Unknown, 502: Unknown, 599: Unknown, 700: Unknown,
	} {
		if e := Describe(status, "no-such-code"); e.Outcome != want || e.Known || e.Code != "no-such-code" {
			t.Errorf("%d: %+v, want %v", status, e, want)
		}
	}
}

func TestCodesInsideBodies(t *testing.T) {
	t.Parallel()
	if e := Describe(0, "800017"); e.Word != "inventory_short" || !e.Known {
		t.Errorf("order error: %+v", e)
	}
	if e := DescribeLine("10001"); e.Word != "product_not_available" || e.Outcome != Refused {
		t.Errorf("line error: %+v", e)
	}
	if e := DescribeLine("99"); e.Known || e.Code != "99" || e.Message == "" {
		t.Errorf("unknown line error: %+v", e)
	}
}

// TestSameCodeUnderTwoStatuses: the key is (status, code).
func TestSameCodeUnderTwoStatuses(t *testing.T) {
	t.Parallel()
	if a, b := Describe(403, "2006"), Describe(400, "2006"); a.Word == b.Word {
		t.Errorf("403 and 400 with code 2006 are both %s", a.Word)
	}
}
