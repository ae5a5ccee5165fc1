package visit_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

func TestTraceIsContinuedOrMade(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in        string
		continued bool
	}{
		"good":                    {good, true},
		"missing":                 {"", false},
		"newer and longer":        {"01" + good[2:] + "-more", true},
		"version 00 and longer":   {good + "-more", false},
		"forbidden version":       {"ff" + good[2:], false},
		"upper case":              {strings.ToUpper(good), false},
		"all zeros":               {"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", false},
		"zero span":               {"00-4bf92f3577b34da6a3ce929d0e0e4736-" + strings.Repeat("0", 16) + "-01", false},
		"header smuggling":        {strings.Replace(good, "4bf9", "\r\nX:", 1), false},
		"dashes in wrong places":  {strings.ReplaceAll(good, "-", "_"), false},
		"too short by one":        {good[:54], false},
		"a newer one, no divider": {"01" + good[2:] + "more", false},
	} {
		v := visit.New(http.Header{"Traceparent": {tc.in}})
		if len(v.TraceID) != 32 || len(v.Traceparent) != 55 || !strings.Contains(v.Traceparent, "-"+v.TraceID+"-") {
			t.Errorf("%s: made %+v", name, v)
		}
		if got := v.TraceID == "4bf92f3577b34da6a3ce929d0e0e4736"; got != tc.continued {
			t.Errorf("%s: continued %v, want %v", name, got, tc.continued)
		}
		if strings.Contains(v.Traceparent, "00f067aa0ba902b7") {
			t.Errorf("%s: the client's span id was kept", name)
		}
		if again := visit.New(http.Header{"Traceparent": {v.Traceparent}}); again.TraceID != v.TraceID {
			t.Errorf("%s: our own traceparent %q is not valid", name, v.Traceparent)
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	for in, kept := range map[string]bool{
		"abc-123": true, "": false, "two words": false, "new\nline": false, strings.Repeat("x", 129): false, "größe": false,
	} {
		v := visit.New(http.Header{"X-Request-Id": {in}})
		if kept != (v.RequestID == in) || !kept && v.RequestID != v.TraceID {
			t.Errorf("%q became %q", in, v.RequestID)
		}
	}
}

func TestFromWithoutVisit(t *testing.T) {
	t.Parallel()
	if v := visit.From(t.Context()); v == nil || v.TraceID != "" {
		t.Errorf("got %+v", v)
	}
}
