package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/portal/issuer"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

const order = `{"id":"0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10","number":"ORD-2026-00148","status":"awaiting_approval","label":"Awaiting Approval",
"sentence":"Order exceeds USD 10,000.00 threshold\u001b[2J.","customer":{"tenant_id":"t","name":"Contoso Corp"},"licences":25,
"changes":"Microsoft 365 E5: new subscription, 25 seats","amount":{"amount":"14250.00","currency":"USD"},
"created_by":{"name":"Emily Chen","email":"emily.chen@msp.example","role":"technician"},"created_at":"2026-11-21T09:00:00Z",
"lines":[{"number":1,"product":"Microsoft 365 E5","change":"new subscription, 25 seats","status":"pending","unit_price":{"amount":"570.00","currency":"USD"}}]}`

// portal is one that knows one order; it remembers what it was asked.
func portal(t *testing.T) (url string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		switch {
		case strings.HasSuffix(r.URL.Path, "/timeline"):
			_, _ = w.Write([]byte(`{"entries":[{"at":"2026-11-21T09:00:00Z","type":"seatflow.order.submitted.v1","owner":"intake","sequence":1,"status":"received","by":{"name":"Emily Chen"},"sentence":"Received."}]}`))
		case strings.HasSuffix(r.URL.Path, "/notifications"):
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"code":"role_not_allowed","detail":"Your role may not do this."}`))
		case strings.HasSuffix(r.URL.Path, "/orders"):
			_, _ = w.Write([]byte(`{"orders":[` + order + `],"next_cursor":"abc"}`))
		default:
			_, _ = w.Write([]byte(order))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// run reads a command line as the program does and runs it.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var program struct {
		Orders cli.Orders `cmd:""`
		Vendor cli.Vendor `cmd:""`
		Token  cli.Token  `cmd:""`
	}
	command, _, err := config.LoadCommand("seatflow", "", &program, args, io.Discard)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	switch word, _, _ := strings.Cut(command, " "); word {
	case "token":
		err = program.Token.Run(t.Context(), &out)
	case "vendor":
		err = program.Vendor.Run(t.Context(), command, &out)
	default:
		err = program.Orders.Run(t.Context(), command, &out)
	}
	return out.String(), err
}

func tokenFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOrdersCommands(t *testing.T) {
	t.Parallel()
	url, asked := portal(t)
	token := tokenFile(t)
	for _, c := range []struct {
		args, asked, said string
	}{
		{"list --view historical --status failed,completed", "GET /api/licensing/orders?limit=50&status=failed%2Ccompleted&view=historical ", "ORD-2026-00148  awaiting approval  Contoso Corp  USD 14,250.00  25     Emily Chen"},
		{"", "GET /api/licensing/orders?limit=50&view=recent ", "--cursor abc"},
		{"approve ORD-2026-00148 --note fine", `POST /api/licensing/orders/ORD-2026-00148/approve {"note":"fine"}`, "ORD-2026-00148 (Contoso Corp) is awaiting approval: Order exceeds USD 10,000.00 threshold[2J."},
		{"reject x --reason no", `POST /api/licensing/orders/x/reject {"reason":"no"}`, "ORD-2026-00148"},
		{"retry x", "POST /api/licensing/orders/x/retry ", "ORD-2026-00148"},
		{"cancel x --reason why", "DELETE /api/licensing/orders/x?reason=why ", "ORD-2026-00148"},
		{"show x", "GET /api/licensing/orders/0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10/notifications ", "Created by  Emily Chen <emily.chen@msp.example>, technician"},
	} {
		out, err := run(t, append([]string{"orders"}, append(strings.Fields(c.args), "--url", url, "--token-file", token)...)...)
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
}

func TestShowTellsEverything(t *testing.T) {
	t.Parallel()
	url, _ := portal(t)
	out, err := run(t, "orders", "show", "x", "--url", url, "--token-file", tokenFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Lines\n", "new subscription, 25 seats", "Timeline\n", "order.submitted", "Notifications\n  Your role may not do this."} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, err = run(t, "orders", "show", "x", "--json", "--url", url, "--token-file", tokenFile(t))
	var all struct {
		Order         client.Order   `json:"order"`
		Timeline      []client.Entry `json:"timeline"`
		Notifications []any          `json:"notifications"`
	}
	if err != nil || json.Unmarshal([]byte(out), &all) != nil || all.Order.Number != "ORD-2026-00148" || len(all.Timeline) != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	url, _ := portal(t)
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no Seatflow has been started on":            {"orders", "--data", t.TempDir()},
		"There is no token, and no local issuer":     {"orders", "--data", t.TempDir(), "--url", url},
		"holds no token":                             {"orders", "--url", url, "--token-file", empty},
		"must be a URL":                              {"orders", "--url", "localhost", "--token-file", tokenFile(t)},
		"There is no token, and no local issuer at ": {"token", "--data", t.TempDir(), "--email", "a@b.example"},
	} {
		if _, err := run(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	if _, err := run(t, "orders", "reject", "x", "--url", url); err == nil {
		t.Error("a rejection without a reason was sent")
	}
}

func TestTokenOfTheLocalIssuer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	dir := filepath.Join(data, "issuer")
	i, err := issuer.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "token", "--data", data, "--email", "mia@mine.example", "--role", "customer", "--customer", "t-1", "--ttl", "5m")
	if err != nil {
		t.Fatal(err)
	}
	payload, err := i.KeySet().VerifySignature(t.Context(), strings.TrimSpace(out))
	if err != nil || !strings.Contains(string(payload), `"role":"customer"`) || !strings.Contains(string(payload), `"tenant":"t-1"`) {
		t.Errorf("%s, %v", payload, err)
	}
	if _, err := run(t, "token", "--data", data, "--email", "a@b.example", "--role", "customer"); err == nil || !strings.Contains(err.Error(), "tenant") {
		t.Errorf("a customer without a tenant: %v", err)
	}
	if _, err := cli.Mint(dir, issuer.Claims{Email: "a@b.example", Role: "admin"}, time.Hour); err != nil {
		t.Error(err)
	}
}
