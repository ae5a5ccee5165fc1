package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// operators is a portal that answers operators; it remembers what it was asked.
func operators(t *testing.T, answers map[string]string) (url string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		_, _ = io.WriteString(w, answers[r.URL.Path])
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

const paused = `{"paused":true,"reason":"Maintenance.\u001b[2J","by":{"name":"John Smith"},"at":"2026-11-21T09:00:00Z","waiting":12}`

const found = `{"id":"f-1","kind":"unknown_purchase","customer_tenant":"t-1","vendor_order_id":"Xq1v","sentence":"They have it.","hint":"Look.",
"found_at":"2026-11-21T09:00:00Z","closed_at":"2026-11-21T10:00:00Z","closed_by":{"name":"John Smith"},"note":"Known."}`

func TestVendorCommands(t *testing.T) {
	t.Parallel()
	url, asked := operators(t, map[string]string{
		"/api/ops/vendor": `{"submissions":{"paused":false},"breaker":"half_open","dry_run":true,"budgets":[{"resource":"orders","per_minute":476,"waiting":3}],
			"reconciliations":[{"under_way":true,"started_at":"2026-11-21T09:00:00Z","customers":24,"done":3}]}`,
		"/api/ops/reconciliations":    `{"customer_tenant":"t-1","under_way":true,"started":true,"started_at":"2026-11-21T09:00:00Z"}`,
		"/api/ops/submissions":        paused,
		"/api/ops/overdue":            `{"orders":[{"number":"ORD-2026-00148","customer":"Contoso Corp","status":"waiting_on_vendor","sentence":"Under review."}],"total":7}`,
		"/api/ops/findings":           `{"findings":[` + found + `]}`,
		"/api/ops/findings/f-1/close": found,
	})
	token := tokenFile(t)
	for _, c := range []struct{ args, asked, said string }{
		{"", "GET /api/ops/vendor ", "Submissions go out.\nIt is a dry run: what would buy or change something is logged instead of sent.\nThe vendor has failed"},
		{"status", "GET /api/ops/vendor ", "orders    476         3"},
		{"status", "GET /api/ops/vendor ", "3 of 24 are done"},
		{"reconcile", "POST /api/ops/reconciliations {}", "It has begun. The books of customer t-1 have been compared"},
		{"reconcile --customer t-1", `POST /api/ops/reconciliations {"customer_tenant":"t-1"}`, "vendor findings"},
		{"pause --reason Maintenance.", `PUT /api/ops/submissions {"paused":true,"reason":"Maintenance."}`, "Submissions are held back by John Smith since"},
		{"resume", `PUT /api/ops/submissions {"paused":false}`, "Maintenance.[2J (12 calls wait)"},
		{"overdue --limit 1", "GET /api/ops/overdue?limit=1 ", "1 of 7 orders."},
		{"findings --all", "GET /api/ops/findings?all=true&limit=50 ", "unknown purchase  t-1       order Xq1v     Closed by John Smith"},
		{"close f-1 --note Known.", `POST /api/ops/findings/f-1/close {"note":"Known."}`, "They have it. Look."},
		{"findings --json", "GET /api/ops/findings?limit=50 ", "{\n  \"findings\": [\n"},
		{"close f-1 --note Known. --json", `POST /api/ops/findings/f-1/close {"note":"Known."}`, "{\n  \"id\": \"f-1\""},
		{"overdue --json", "GET /api/ops/overdue?limit=50 ", `"total": 7`},
	} {
		out, err := run(t, append([]string{"vendor"}, append(strings.Fields(c.args), "--url", url, "--token-file", token)...)...)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		if last := (*asked)[len(*asked)-1]; last != c.asked {
			t.Errorf("%s: asked %q, want %q", c.args, last, c.asked)
		}
		if !strings.Contains(out, c.said) || strings.Contains(out, "\x1b") {
			t.Errorf("%s: said\n%s\nwant %q", c.args, out, c.said)
		}
	}
	if _, err := run(t, "vendor", "pause", "--url", url, "--token-file", token); err == nil {
		t.Error("submissions were held back without a reason")
	}
}

// TestPlaceCommands: each change by its flags, as the API wants it.
func TestPlaceCommands(t *testing.T) {
	t.Parallel()
	url, asked := operators(t, map[string]string{"/api/licensing/orders": order})
	token := tokenFile(t)
	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, []byte(`{"whatever": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"new_subscription --quantity 25 --term P1Y --billing annual --item A:B --price 570.00": `"catalog_item":"A:B","unit_price":{"amount":"570.00","currency":"USD"},"new_subscription":{"quantity":25,"term":"P1Y","billing_cycle":"annual"}}`,
		"add-on --subscription S --quantity 2 --term P1Y --billing monthly":                    `"add_on":{"parent_subscription_id":"S","quantity":2,"term":"P1Y","billing_cycle":"monthly"}}`,
		"add_seats --subscription S --quantity 2":                                              `"add_seats":{"subscription_id":"S","quantity":2}}`,
		"remove_seats --subscription S --quantity 2":                                           `"remove_seats":{"subscription_id":"S","quantity":2}}`,
		"suspend --subscription S":                                                             `"suspend":{"subscription_id":"S"}}`,
		"reactivate --subscription S":                                                          `"reactivate":{"subscription_id":"S"}}`,
		"cancel_subscription --subscription S":                                                 `"cancel_subscription":{"subscription_id":"S"}}`,
		"cancel_purchase --vendor-order O --vendor-lines 0,2":                                  `"cancel_purchase":{"vendor_order_id":"O","vendor_lines":[0,2]}}`,
		"set_auto_renew --subscription S --renew off":                                          `"set_auto_renew":{"subscription_id":"S","enabled":false}}`,
		"set-auto-renew --subscription S --renew on":                                           `"set_auto_renew":{"subscription_id":"S","enabled":true}}`,
		"change_term --subscription S --term P1Y":                                              `"change_term":{"subscription_id":"S","term":"P1Y"}}`,
		"change_product --subscription S --item A:B":                                           `"change_product":{"subscription_id":"S"}}`,
		"suspend --subscription S --at 2026-12-01T09:00:00Z --note n --reference r":            `"note":"n","scheduled_for":"2026-12-01T09:00:00Z","reference":"r"}`,
		"--file " + file: `{"whatever": 1}`,
	} {
		given := append([]string{"orders", "place", "--customer", "t-1", "--customer-name", "Contoso", "--product", "P", "--url", url, "--token-file", token}, strings.Fields(args)...)
		out, err := run(t, given...)
		if err != nil || !strings.Contains(out, "ORD-2026-00148 (Contoso Corp)") {
			t.Errorf("%s: %v\n%s", args, err, out)
			continue
		}
		if last := (*asked)[len(*asked)-1]; !strings.HasPrefix(last, "POST /api/licensing/orders {") || !strings.Contains(last, want) {
			t.Errorf("%s: asked %s, want %s", args, last, want)
		}
	}
	for args, want := range map[string]string{
		"paint": "paint is no change that can be ordered.", "": "Say which change to order.", "suspend --file x": "Give a change or a file, not both.",
		"set_auto_renew --subscription S": "--renew on or --renew off", "suspend --at tomorrow": "The time is none", "--file /nowhere/x": "read the order",
	} {
		given := append([]string{"orders", "place", "--url", url, "--token-file", token}, strings.Fields(args)...)
		if _, err := run(t, given...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestCheckPlacesNothing(t *testing.T) {
	t.Parallel()
	url, asked := operators(t, map[string]string{"/api/licensing/orders": `{"valid":true,"sentence":"The order is valid. Nothing was stored."}`})
	out, err := run(t, "orders", "place", "suspend", "--validate-only", "--url", url, "--token-file", tokenFile(t))
	if err != nil || out != "The order is valid. Nothing was stored.\n" || !strings.HasPrefix((*asked)[0], "POST /api/licensing/orders?validate_only=true {") {
		t.Errorf("%v, %q, asked %v", err, out, *asked)
	}
}

func TestWaitingCommands(t *testing.T) {
	t.Parallel()
	waiting := strings.Replace(order, `"status":"pending"`,
		`"status":"provisioning","seats_fulfilled":20,"seats_ordered":25,"waits_for":"partner","next_look_at":"2026-11-21T09:30:00Z","activation_links":["https://a.example/1"]`, 1)
	url, asked := operators(t, map[string]string{
		"/api/licensing/orders/x": waiting, "/api/licensing/orders/x/nudge": waiting, "/api/licensing/orders/x/purchase-order": waiting,
		"/api/licensing/orders/0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10/timeline":      `{}`,
		"/api/licensing/orders/0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10/notifications": `{}`,
	})
	token := tokenFile(t)
	out, err := run(t, "orders", "show", "x", "--url", url, "--token-file", token)
	for _, want := range []string{"SEATS     WAITS FOR  NEXT LOOK", "20 of 25  partner", "activate at https://a.example/1"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%v: no %q in\n%s", err, want, out)
		}
	}
	if out, err := run(t, "orders", "nudge", "x", "--url", url, "--token-file", token); err != nil || !strings.Contains(out, "ORD-2026-00148") {
		t.Errorf("nudge: %v %s", err, out)
	}
	small, large := filepath.Join(t.TempDir(), "po.pdf"), filepath.Join(t.TempDir(), "large.pdf")
	for name, size := range map[string]int{small: 512 << 10, large: 512<<10 + 1} {
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := run(t, "orders", "upload-po", "x", small, "--price", "14250.00", "--url", url, "--token-file", token); err != nil {
		t.Error(err)
	}
	last := (*asked)[len(*asked)-1]
	for _, want := range []string{"POST /api/licensing/orders/x/purchase-order ", `name="file"; filename="po.pdf"`, `name="customer_price"`, "14250.00", "USD"} {
		if !strings.Contains(last, want) {
			t.Errorf("the upload lacks %s", want)
		}
	}
	if _, err := run(t, "orders", "upload-po", "x", large, "--price", "1", "--url", url, "--token-file", token); err == nil || !strings.Contains(err.Error(), "more than 512 KiB") {
		t.Errorf("a large file: %v", err)
	}
}

func TestSettleCommand(t *testing.T) {
	t.Parallel()
	url, asked := operators(t, map[string]string{"/api/licensing/orders/x/settle": order})
	token := tokenFile(t)
	settle := func(args ...string) error {
		_, err := run(t, append([]string{"orders", "settle", "x", "--note", "Anna saw it.", "--url", url, "--token-file", token}, args...)...)
		return err
	}
	for args, want := range map[string]string{
		"--line 1 --bought Xq1v --subscription s-1": `{"lines":[1],"outcome":"done","vendor_order_id":"Xq1v","vendor_subscription_id":"s-1","note":"Anna saw it."}`,
		"--line 1,2 --not-bought":                   `{"lines":[1,2],"outcome":"not_done","note":"Anna saw it."}`,
		"--line 3 --changed":                        `{"lines":[3],"outcome":"done","note":"Anna saw it."}`,
		"--line 3 --not-changed":                    `{"lines":[3],"outcome":"not_done","note":"Anna saw it."}`,
	} {
		if err := settle(strings.Fields(args)...); err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		if last := (*asked)[len(*asked)-1]; last != "POST /api/licensing/orders/x/settle "+want {
			t.Errorf("%s: asked %s, want %s", args, last, want)
		}
	}
	for args, want := range map[string]string{
		"--line 1": "Say what became of it", "--not-bought": "line", "--line 1 --bought Xq1v --not-bought": "bought",
	} {
		if err := settle(strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
