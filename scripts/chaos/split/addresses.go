package split

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Addresses is where everything of a running Seatflow is found: what `seatflow up` writes, and each process' own operators'
// address besides.
type Addresses struct {
	Portal     string `json:"portal"`
	Ops        string `json:"ops"`
	Mail       string `json:"mail"`
	SMTP       string `json:"smtp"`
	NATS       string `json:"nats"`
	Postgres   string `json:"postgres"`
	Partnersim string `json:"partnersim"`
	Keys       string `json:"keys"`
	Issuer     string `json:"issuer"`
	// Processes is the operators' address of each service's process.
	Processes map[string]string `json:"processes"`
}

// save writes run.json so that a reader sees the old one or the new one, whole.
func (a Addresses) save(data string) error {
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("store the addresses: %w", err)
	}
	file := filepath.Join(data, "run.json")
	if err := os.WriteFile(file+".new", append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("store the addresses: %w", err)
	}
	return os.Rename(file+".new", file)
}

// Tell prints the ready lines.
func (a Addresses) Tell(out io.Writer) {
	fmt.Fprintf(out, "\nportal      %s\ndocs        %s/docs\n", a.Portal, a.Portal)
	for _, name := range slices.Sorted(maps.Keys(a.Processes)) {
		fmt.Fprintf(out, "metrics     %s/metrics  (%s)\n", a.Processes[name], name)
	}
	fmt.Fprintf(out, `mail        %s
partnersim  %s
nats        %s
postgres    %s

Try it:     bin/seatflow demo
A token:    bin/seatflow token --role admin --name "John Smith" --email john.smith@msp.example

seatflow is ready
`, a.Mail, a.Partnersim, a.NATS, a.Postgres)
}

// ports chooses the ports that are left open. All are held until the last is chosen, so that no two are the same.
type ports struct {
	held []net.Listener
	next map[string]int // for runs of addresses: how far each has come
}

// pick is the address to listen on: as given, or with a free port for port 0.
func (p *ports) pick(ctx context.Context, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("the address %q: %w", addr, err)
	}
	if port != "0" {
		return addr, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("choose a port: %w", err)
	}
	p.held = append(p.held, l)
	return l.Addr().String(), nil
}

// port is a free port of loopback.
func (p *ports) port(ctx context.Context) (int, error) {
	if _, err := p.pick(ctx, "127.0.0.1:0"); err != nil {
		return 0, err
	}
	return p.held[len(p.held)-1].Addr().(*net.TCPAddr).Port, nil
}

// following is the next address of a run that begins at addr.
func (p *ports) following(ctx context.Context, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("the address %q: %w", addr, err)
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return "", fmt.Errorf("the address %q: the port is no number", addr)
	}
	if first == 0 {
		return p.pick(ctx, addr)
	}
	if p.next == nil {
		p.next = map[string]int{}
	}
	p.next[addr]++
	return net.JoinHostPort(host, strconv.Itoa(first+p.next[addr]-1)), nil
}

func (p *ports) release() {
	for _, l := range p.held {
		_ = l.Close()
	}
}
