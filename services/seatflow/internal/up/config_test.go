package up

import (
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// load reads a command line of up.
func load(t *testing.T, args ...string) (Config, error) {
	t.Helper()
	var c Config
	_, err := config.Load("seatflow", &c, args, io.Discard)
	return c, err
}

func TestAllFaultsOfTheSettingsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, "--listen=8080", "--ops=nope", "--postgres=http://db", "--partnersim=localhost:8090", "--smtp=mail",
		"--sources=a b", "--admins=x", "--vendor-rate-per-minute=-1")
	f := fault.As(err)
	if f == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"--listen must be an address", "--ops must be an address", "--postgres must be a URL such as postgres://", "--partnersim must be a URL such as http://",
		"--smtp must be host:port", "--sources: \"a b\"", "--admins: \"x\"", "--vendor-rate-per-minute must not be negative",
	} {
		if !strings.Contains(f.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, f)
		}
	}
}

func TestAddressesThatAreTakenAreToldTogether(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().String()
	data := filepath.Join(t.TempDir(), "data")
	c, err := load(t, "--data="+data, "--listen="+at, "--ops=127.0.0.1:0", "--mail="+at, "--smtp-listen=127.0.0.1:0", "--partnersim-listen=127.0.0.1:0", "--nats=nats://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	f := fault.As(Run(t.Context(), c, slog.New(slog.DiscardHandler), io.Discard, nil))
	if f == nil || f.Code != "addresses_taken" || len(f.Violations) != 2 || f.Violations[0].Field != "--listen" || f.Violations[1].Field != "--mail" {
		t.Fatalf("%+v", f)
	}
	if want := "--listen " + at + ": somebody listens there already."; f.Violations[0].Message != want {
		t.Errorf("it says %q, want %q", f.Violations[0].Message, want)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("the data folder was made all the same")
	}
}

func TestDataFolderThatCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free := "127.0.0.1:0"
	c := Config{Data: file, Listen: free, Ops: free, Mail: free, SMTPListen: free, Sim: free, NATSListen: free}
	f := fault.As(Run(t.Context(), c, slog.New(slog.DiscardHandler), io.Discard, nil))
	if f == nil || f.Code != "no_data_folder" || f.Hint == "" {
		t.Errorf("%+v", f)
	}
}
