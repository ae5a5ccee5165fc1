package docs_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/portal/internal/api"
	"github.com/seatflow/seatflow/services/portal/internal/docs"
)

func newMux(t *testing.T) *http.ServeMux {
	t.Helper()
	mux := http.NewServeMux()
	operations := api.New(mux, nil, nil, slog.New(slog.DiscardHandler), "1.2.3")
	if err := docs.Register(mux, operations.OpenAPI(), "http://127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	return mux
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func TestPageTellsEverything(t *testing.T) {
	t.Parallel()
	page := get(t, newMux(t), "/docs").Body.String()
	for _, want := range []string{
		"<code>/api/licensing/orders/{id}/approve</code>", "Idempotency-Key", "Seatflow-Position", `id="problem-moved_on"`,
		`id="type-NewOrder"`, `href="#type-NewOrder"`, "export SEATFLOW=http://127.0.0.1:8080", "Version 1.2.3",
		"$SEATFLOW/api/licensing/orders/ORD-2026-00148/reject", "&#34;product&#34;: &#34;Microsoft 365 E5&#34;", "one of P1M, P1Y, P3Y",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("a link leads nowhere: %s", m[1])
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	rec := get(t, newMux(t), "/docs")
	page := rec.Body.String()
	for _, forbidden := range []string{"<script", "src=", "<link", "@import", "url(", "style=", "onclick", "ZgotmplZ", "https://", "//cdn"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %s", forbidden)
		}
	}
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	sum := sha256.Sum256([]byte(style[1]))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if got := rec.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("the policy is %s", got)
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	mux := newMux(t)
	rec := get(t, mux, "/openapi.json")
	var spec struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &spec); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("the version is %s", spec.OpenAPI)
	}
	operations := 0
	for path, item := range spec.Paths {
		for method, op := range item {
			operations++
			answers, _ := op["responses"].(map[string]any)
			if op["summary"] == "" || op["security"] == nil || answers["400"] == nil || answers["422"] != nil {
				t.Errorf("%s %s is not documented well: %v", method, path, op)
			}
		}
	}
	if operations < 26 { // what was there once stays
		t.Errorf("%d operations", operations)
	}
	if again := get(t, mux, "/openapi.json", "If-None-Match", rec.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("unchanged, it is answered %d", again.Code)
	}
}

func TestHomeLeadsToThePage(t *testing.T) {
	t.Parallel()
	rec := get(t, newMux(t), "/")
	if rec.Code != http.StatusFound || rec.Header().Get("Location") != "/docs" {
		t.Errorf("answered %d to %q", rec.Code, rec.Header().Get("Location"))
	}
}
