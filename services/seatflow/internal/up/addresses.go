package up

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Addresses is where everything of a running Seatflow is found. A running one
// leaves it in its data folder, for the other commands.
type Addresses struct {
	Portal     string `json:"portal"`
	Ops        string `json:"ops"`
	Mail       string `json:"mail"`
	SMTP       string `json:"smtp"`
	NATS       string `json:"nats"`
	Postgres   string `json:"postgres"`
	Partnersim string `json:"partnersim"`
	// Keys is the folder of NATS keys, Issuer that of the local issuer's key.
	Keys   string `json:"keys"`
	Issuer string `json:"issuer"`
}

// runFile is the file in the data folder.
func runFile(data string) string { return filepath.Join(data, "run.json") }

// Load reads the addresses of the Seatflow that runs, or ran last, on a data folder.
func Load(data string) (Addresses, error) {
	var a Addresses
	raw, err := os.ReadFile(runFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("no Seatflow has been started on %s; start one with seatflow up, or name the folder with --data", data)
	}
	if err != nil {
		return a, fmt.Errorf("read the addresses: %w", err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("read %s: %w", runFile(data), err)
	}
	return a, nil
}

// save writes the file so that a reader sees the old one or the new one, whole.
func (a Addresses) save(data string) error {
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	tmp := runFile(data) + ".new"
	if err := os.WriteFile(tmp, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("store the addresses: %w", err)
	}
	return os.Rename(tmp, runFile(data))
}

// tell prints the ready lines.
func (a Addresses) tell(out io.Writer) error {
	_, err := fmt.Fprintf(out, `
portal      %s
docs        %s/docs
metrics     %s/metrics
mail        %s
partnersim  %s
nats        %s
postgres    %s

Try it:     bin/seatflow demo
A token:    bin/seatflow token --role admin --name "John Smith" --email john.smith@msp.example

seatflow is ready
`, a.Portal, a.Portal, a.Ops, orNone(a.Mail), a.Partnersim, a.NATS, a.Postgres)
	return err
}

func orNone(s string) string {
	if s == "" {
		return "(a given mail server)"
	}
	return s
}
