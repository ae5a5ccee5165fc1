package config_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
)

type group struct {
	URL   config.URL    `name:"postgres" env:"POSTGRES_URL" required:"" help:"Where the database is."`
	Key   config.Secret `name:"postgres-password" env:"POSTGRES_PASSWORD" help:"The database password."`
	Conns int           `name:"postgres-conns" env:"POSTGRES_CONNS" default:"8" help:"Connections."`
}

func (g *group) Validate() []error {
	if g.Conns < 1 {
		return []error{errors.New("--postgres-conns must be 1 or more")}
	}
	return nil
}

type settings struct {
	Listen  string        `env:"T_LISTEN" default:"127.0.0.1:1" help:"Address to serve on."`
	Timeout time.Duration `env:"T_TIMEOUT" default:"10s" help:"How long a call may take."`
	Level   string        `env:"T_LEVEL" enum:"info,debug" default:"info" help:"Log level."`
	Admins  []string      `env:"T_ADMINS" help:"Mail addresses."`
	Fast    bool          `env:"T_FAST" help:"Be fast."`
	DB      group         `embed:"" envprefix:"T_"`
}

// load runs Load in an environment of its own; tests that use it cannot be parallel.
func load(t *testing.T, env map[string]string, args ...string) (settings, bool, string, error) {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	var s settings
	var out strings.Builder
	check, err := config.Load("prog", &s, args, &out)
	return s, check, out.String(), err
}

func sentences(err error) []string {
	var got []string
	for _, v := range fault.As(err).Violations {
		got = append(got, v.Message)
	}
	return got
}

func TestOrderOfSources(t *testing.T) {
	env := map[string]string{
		"T_TIMEOUT": "3s", "T_LISTEN": "fromenv:1", "T_POSTGRES_URL": "postgres://u:p@h/db", "T_ADMINS": "a@x,b@x",
		"T_FAST": "true", "T_LEVEL": "",
	}
	s, check, _, err := load(t, env, "--listen=fromflag:2")
	if err != nil || check {
		t.Fatalf("check %v, err %v", check, err)
	}
	want := settings{
		Listen: "fromflag:2", Timeout: 3 * time.Second, Level: "info", Admins: []string{"a@x", "b@x"}, Fast: true,
		DB: group{URL: "postgres://u:p@h/db", Conns: 8},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestAllFaultsTogether(t *testing.T) {
	env := map[string]string{"T_TIMEOUT": "soon", "T_LEVEL": "loud", "T_POSTGRES_CONNS": "0"}
	_, _, _, err := load(t, env, "--fast=perhaps")
	want := []string{
		`--fast (T_FAST) is not usable: bool value must be true, 1, yes, false, 0 or no but got "perhaps".`,
		`--timeout (T_TIMEOUT) is not usable: expected duration but got "soon": time: invalid duration "soon".`,
		`--level (T_LEVEL) is not usable: "loud" is not one of info, debug.`,
		`--postgres (T_POSTGRES_URL) is missing: Where the database is.`,
		`--postgres-conns must be 1 or more.`,
	}
	if diff := cmp.Diff(want, sentences(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("kind %v", fault.KindOf(err))
	}
}

func TestUnknownFlagAndTheRest(t *testing.T) {
	_, _, _, err := load(t, nil, "--lisen=x")
	got := strings.Join(sentences(err), "\n")
	if !strings.Contains(got, "nknown flag --lisen") || !strings.Contains(got, "T_POSTGRES_URL) is missing") {
		t.Errorf("faults:\n%s", got)
	}
}

func TestNoPasswordInFlags(t *testing.T) {
	const secret = "hunter2"
	for name, args := range map[string][]string{
		"attached":         {"--postgres=postgres://u:" + secret + "@h/db"},
		"separate":         {"--postgres", "postgres://u:" + secret + "@h/db"},
		"query":            {"--postgres=postgres://u@h/db?password=" + secret},
		"connection words": {"--listen=host=h password=" + secret, "--postgres=postgres://h"},
		"not a clean URL":  {"--postgres=postgres://u:" + secret + "%zz@h/db"},
		"one of several":   {"--postgres=postgres://a,postgres://u:" + secret + "@h"},
		"secret":           {"--postgres-password=" + secret, "--postgres=postgres://h"},
	} {
		_, _, out, err := load(t, nil, args...)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if text := out + fmt.Sprint(err); strings.Contains(text, secret) || !strings.Contains(text, "other users of this machine") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if _, _, _, err := load(t, nil, "--postgres=postgres://u@h/db"); err != nil {
		t.Errorf("a URL without a password: %v", err)
	}
}

func TestSecretFromFile(t *testing.T) {
	dir := t.TempDir()
	key, url := filepath.Join(dir, "key"), filepath.Join(dir, "url")
	if err := errors.Join(os.WriteFile(key, []byte("s3cret\n"), 0o600), os.WriteFile(url, []byte("postgres://u:p@h/x\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	s, _, _, err := load(t, map[string]string{"T_POSTGRES_PASSWORD_FILE": key, "T_POSTGRES_URL_FILE": url})
	if err != nil {
		t.Fatal(err)
	}
	if s.DB.Key.Reveal() != "s3cret" || s.DB.URL.Reveal() != "postgres://u:p@h/x" {
		t.Errorf("read %q and %q", s.DB.Key.Reveal(), s.DB.URL.Reveal())
	}
	_, _, _, err = load(t, map[string]string{"T_POSTGRES_PASSWORD": "x", "T_POSTGRES_URL_FILE": filepath.Join(dir, "none")})
	got := strings.Join(sentences(err), "\n")
	if !strings.Contains(got, "T_POSTGRES_PASSWORD and T_POSTGRES_PASSWORD_FILE are both set") ||
		!strings.Contains(got, "T_POSTGRES_URL_FILE is not usable") {
		t.Errorf("faults:\n%s", got)
	}
}

func TestBadURLIsNotQuoted(t *testing.T) {
	for _, url := range []string{"postgres://u:hunter2%zz@h", "postgres://u:hunter2/x@h:99", "hunter2"} {
		_, _, _, err := load(t, map[string]string{"T_POSTGRES_URL": url})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestCheckPrintsWithoutSecrets(t *testing.T) {
	_, check, out, err := load(t, map[string]string{
		"T_POSTGRES_URL": "postgres://u:hunter2@h/db?sslpassword=hunter2", "T_POSTGRES_PASSWORD": "hunter2",
	}, "--check")
	if err != nil || !check {
		t.Fatalf("check %v, err %v", check, err)
	}
	if strings.Contains(out, "hunter2") || !strings.Contains(out, "T_POSTGRES_PASSWORD=***\n") ||
		!strings.Contains(out, "T_POSTGRES_URL=postgres://u:***@h/db?sslpassword=***\n") || !strings.Contains(out, "T_TIMEOUT=10s\n") {
		t.Errorf("printed:\n%s", out)
	}
}

// TestCheckPrintsWhatVariablesTake: each setting once, in the form that its variable is given in.
func TestCheckPrintsWhatVariablesTake(t *testing.T) {
	var s struct {
		Names  []string       `env:"T_NAMES" default:"a,b"`
		Groups map[string]int `env:"T_GROUPS"`
	}
	var out strings.Builder
	check, err := config.Load("prog", &s, []string{"--check", "--groups=z=1;y=2"}, &out)
	if want := "T_NAMES=a,b\nT_GROUPS=y=2;z=1\n"; err != nil || !check || out.String() != want {
		t.Errorf("%v, %v, printed:\n%s", check, err, &out)
	}
}

func TestHelp(t *testing.T) {
	_, check, out, err := load(t, nil, "--help")
	if !errors.Is(err, flag.ErrHelp) || check {
		t.Fatalf("check %v, err %v", check, err)
	}
	for _, want := range []string{
		"Usage: prog", "--timeout=10s", "$T_TIMEOUT", "How long a call may take", "--check",
		"T_POSTGRES_PASSWORD, T_POSTGRES_PASSWORD_FILE\n        The database password.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the help lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "--postgres-password") {
		t.Errorf("the help offers a secret as a flag:\n%s", out)
	}
}

func TestCommands(t *testing.T) {
	type commands struct {
		Up   settings `cmd:"" help:"Run."`
		Show struct {
			ID   string `arg:"" help:"The order."`
			Wait int    `env:"T_WAIT" default:"1" help:"Seconds."`
		} `cmd:"" help:"Show an order."`
	}
	t.Setenv("T_TIMEOUT", "soon") // a fault of up, which is not chosen
	var c commands
	var out strings.Builder
	command, check, err := config.LoadCommand("prog", "What it is.", &c, []string{"show", "ORD-1"}, &out)
	if err != nil || check || command != "show <id>" || c.Show.ID != "ORD-1" || c.Show.Wait != 1 {
		t.Fatalf("command %q, check %v, err %v, settings %+v", command, check, err, c.Show)
	}
	if _, _, err = config.LoadCommand("prog", "", &c, []string{"up"}, &out); err == nil || !strings.Contains(err.Error(), "T_TIMEOUT") {
		t.Errorf("up with a faulty variable: %v", err)
	}
	for args, want := range map[string]string{
		"":               "prog --help lists what there is.",
		"shw x":          "prog --help lists what there is.",
		"show x y":       "prog show --help lists what there is.",
		"show x --wat 1": "prog show --help lists what there is.",
	} {
		_, _, err := config.LoadCommand("prog", "", &c, strings.Fields(args), &out)
		if f := fault.As(err); f == nil || f.Message != "The command line is not usable." || f.Hint != want || len(f.Violations) != 1 {
			t.Errorf("%q: %+v", args, f)
		}
	}
}

func TestSecretsShowNothing(t *testing.T) {
	t.Parallel()
	shown := struct {
		S config.Secret
		U config.URL
	}{"hunter2", "nats://u:hunter2@h"}
	data, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %q %x %d %s", shown, shown, shown, shown, shown.S, shown.S, shown.U, data)
	if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("shown: %s", text)
	}
	if config.Secret("").String() != "" || config.URL("").String() != "" || config.URL("%zz").String() != "***" {
		t.Error("empty or unreadable values are shown wrongly")
	}
}

func TestFaultyStructIsInternal(t *testing.T) {
	t.Parallel()
	var s struct {
		A chan int `help:"No such setting."`
	}
	if _, err := config.Load("prog", &s, nil, &strings.Builder{}); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

// needed is a setting that must be given, and in a certain form.
type needed struct {
	Name string `name:"name" env:"T_NAME" required:"" help:"A name."`
}

func (n *needed) Validate() []error {
	if !strings.HasPrefix(n.Name, "a") {
		return []error{errors.New("--name must begin with an a")}
	}
	return nil
}

func TestWhatIsMissingIsToldOnce(t *testing.T) {
	for args, want := range map[string]string{"": "is missing", "--name=b": "must begin with an a"} {
		var n needed
		_, err := config.Load("prog", &n, strings.Fields(args), io.Discard)
		if f := fault.As(err); f == nil || len(f.Violations) != 1 || !strings.Contains(f.Violations[0].Message, want) {
			t.Errorf("%q: %+v", args, f)
		}
	}
}
