// Package cli is the operator's command line against a running Seatflow: tokens of the local issuer, and orders listed,
// shown and decided at a terminal.
//
// Model: each command is a struct of settings with a Run method; main wires them. All of them are clients of the
// portal's HTTP API and have no other way in. The portal is found through the data folder of a Seatflow on this
// machine, or by --url; the token is a given one, or one of the local issuer, whose key lies in the same folder.
//
// Guarantees: what is printed cannot steer the terminal, whatever an order says. With --json the portal's own words are
// printed and nothing else.
//
// Failures: a refusal is told in the portal's plain words with the fields and the hint, and ends the command with an
// error.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/issuer"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
)

// tokenLife is how long a token lives that a command makes for itself.
const tokenLife = 10 * time.Minute

// Access is where the portal is and who asks.
type Access struct {
	Data      string        `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Data folder of the Seatflow on this machine."`
	URL       string        `name:"url" env:"SEATFLOW_PORTAL_URL" placeholder:"URL" help:"The portal's address; found through the data folder when empty."`
	TokenFile string        `name:"token-file" placeholder:"FILE" help:"File with a bearer token; without a token one is made with the local issuer's key in the data folder."`
	Token     config.Secret `name:"token" env:"SEATFLOW_TOKEN" help:"A bearer token."`
}

// Person is in whose name a token of the local issuer is made.
type Person struct {
	Name  string `name:"as-name" env:"SEATFLOW_AS_NAME" default:"Local Admin" help:"Your name, in tokens of the local issuer."`
	Email string `name:"as-email" env:"SEATFLOW_AS_EMAIL" default:"local.admin@msp.example" help:"Your e-mail address, in tokens of the local issuer."`
}

// Addresses is where everything is. Where --url names another portal than that of the data folder, only the portal and
// the local issuer are known.
func (a Access) Addresses() (up.Addresses, error) {
	at, err := up.Load(a.Data)
	if err != nil {
		if a.URL == "" {
			return at, err
		}
		at = up.Addresses{}
	}
	if url := strings.TrimRight(a.URL, "/"); url != "" && url != at.Portal {
		at = up.Addresses{Portal: url, Issuer: at.Issuer, Keys: at.Keys}
	}
	at.Issuer = cmp.Or(at.Issuer, issuerDir(a.Data))
	return at, nil
}

// Client asks the portal with the given token, or in p's name as an admin.
func (a Access) Client(p Person) (*client.Client, error) {
	at, err := a.Addresses()
	if err != nil {
		return nil, err
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	if token == "" {
		if token, err = Mint(at.Issuer, issuer.Claims{Name: p.Name, Email: p.Email, Role: "admin"}, tokenLife); err != nil {
			return nil, err
		}
	}
	return client.New(at.Portal, token)
}

func (a Access) token() (string, error) {
	if a.TokenFile == "" {
		return strings.TrimSpace(a.Token.Reveal()), nil
	}
	raw, err := os.ReadFile(a.TokenFile)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return "", fmt.Errorf("the file %s holds no token", a.TokenFile)
	}
	return token, nil
}

// Mint makes a token of the local issuer whose key lies in dir. It never makes a key: one that no portal reads would
// only sign tokens that nobody believes.
func Mint(dir string, c issuer.Claims, ttl time.Duration) (string, error) {
	if _, err := os.Stat(dir); err != nil {
		return "", fault.New(fault.Invalid, "no_token", "There is no token, and no local issuer at "+dir+" to make one.").
			Hinted("Start Seatflow with seatflow up, name its folder with --data, or give a token with --token-file.").Because(err)
	}
	i, err := issuer.New(dir)
	if err != nil {
		return "", err
	}
	return i.Mint(c, ttl)
}

func issuerDir(data string) string { return filepath.Join(data, "issuer") }

// plain makes of an error what a person at a terminal reads. It is the edge where faults end.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(client.Explain(err))
}
