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
	for _, part := range table {
		for _, r := range part.rows {
			for _, e := range r.entries(part.place) {
				key := entryKey{e.Place, e.Status, e.Code}
				if seen[key] {
					t.Errorf("%v stands twice", key)
				}
				seen[key] = true
				if !word.MatchString(e.Word) || !strings.HasSuffix(e.Message, ".") || !strings.HasSuffix(e.Hint, ".") || e.Owner == "" || e.Step == "" {
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

// documented are the codes of the vendor's error table, by status.
var documented = map[int]string{
	0:   "400041",
	200: "400072",
	400: "2001 2002 2006 2011 2054 2055 2071 2100 3000 4018 6000 6001 27006 27007 60012 400041 600002 600049 600050 " +
		"600051 600061 800002 800004 800009 800010 800011 800012 800013 800016 800017 800018 800021 800022 800024 " +
		"800025 800026 800029 800030 800040 800041 800042 800061 800062 800063 800065 800070 800071 800072 800080 " +
		"800081 800085 800086 800090 800091 800092 800093 800095 800096 800097 800098 900116 900117 900118 900126 " +
		"900127 900128 900129 900141 900142 900143 900144 900169 900203 900206 900213 900214 900236 900242 900252 " +
		"900253 900254 900257 900258 900259 900260 900261 900267 900268 900269 900270 900275 900277 900279 900280 " +
		"900311 900312 900313 900314 900315 900316 900317 900318",
	401: "400 800001",
	403: "2006 2030 2032 2085 2091 13605 20002 400030 400036 800019 800020 800023 800027 800028 800039 800043 800066 " +
		"800067 800068 800069 800073 800074 800075 800077 800088 800089 900105 900115 900121 900123 900124 900149 " +
		"900150 900159 900263 900308 900309 900321 900322 900323 900329",
	404: "1000 2072 20000 20003 60002 60003 400013 400018 400019 600074 800007 800008 800015 800037 800038 800076",
	409: "27009 600061 800014 800060 800064 800082 900112 900113 900114 900278",
	417: "800036",
	500: "800003 800005 800031 800087 800094 900192",
}

func TestDocumentedCodesAreKnown(t *testing.T) {
	t.Parallel()
	for status, codes := range documented {
		for _, code := range strings.Fields(codes) {
			if !Describe(status, code).Known {
				t.Errorf("%d/%s is not in the table", status, code)
			}
		}
	}
	for name, inside := range map[string]struct {
		describe func(string) Entry
		codes    string
	}{
		"cart line":  {DescribeLine, "0 10000 10001 10002 10003 10004 10006 10007 10008 10009 10010 10011 10012 10013 10014 10015 10016 10017 10018 10019 500600"},
		"transition": {DescribeTransition, "0 1 2 3 4 5 6 7 8 9 10 11 12 13"},
		"target":     {DescribeTransitionTarget, "1 2 3 4"},
	} {
		for _, code := range strings.Fields(inside.codes) {
			if !inside.describe(code).Known {
				t.Errorf("%s: %s is not in the table", name, code)
			}
		}
		if e := inside.describe("no-such-code"); e.Known || e.Outcome == Done || e.Message == "" {
			t.Errorf("%s: an unknown code is %+v", name, e)
		}
	}
}

// A purchase that cannot be cancelled may have no subscription, as reservations have none: the hint must fit them too.
func TestHintOfAPurchaseThatStays(t *testing.T) {
	t.Parallel()
	hint := Describe(400, "800061").Hint
	for _, part := range []string{"cancel_subscription", "Azure portal", "60 days"} {
		if !strings.Contains(hint, part) {
			t.Errorf("%q does not speak of %q", hint, part)
		}
	}
}
