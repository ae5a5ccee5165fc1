package smtp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// certificates makes a server's certificate for 127.0.0.1 and the roots that trust it.
func certificates(t *testing.T) (serverSide, clientSide *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

func TestEncryptionAndSignIn(t *testing.T) {
	t.Parallel()
	serverSide, clientSide := certificates(t)
	for name, c := range map[string]struct {
		server *server
		policy string
		roots  *tls.Config
		pass   config.Secret
		want   smtp.Outcome
		code   int
	}{
		"mandatory, offered":           {&server{tls: serverSide}, "mandatory", clientSide, "", smtp.Sent, 250},
		"mandatory, not offered":       {&server{}, "mandatory", clientSide, "", smtp.Retry, 0},
		"mandatory, not to be trusted": {&server{tls: serverSide}, "mandatory", nil, "", smtp.Retry, 0},
		"opportunistic, offered":       {&server{tls: serverSide}, "opportunistic", clientSide, "", smtp.Sent, 250},
		"opportunistic, not offered":   {&server{}, "opportunistic", nil, "", smtp.Sent, 250},
		"none, offered":                {&server{tls: serverSide}, "none", nil, "", smtp.Sent, 250},
		"right password":               {&server{tls: serverSide, password: "s3cret"}, "mandatory", clientSide, "s3cret", smtp.Sent, 250},
		"wrong password":               {&server{tls: serverSide, password: "s3cret"}, "mandatory", clientSide, "guess", smtp.Retry, 535},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sender(t, c.server.start(t, ""), func(cfg *smtp.Config) {
				cfg.TLS, cfg.TLSConfig, cfg.Password = c.policy, c.roots, c.pass
				if c.pass != "" {
					cfg.User = "seatflow"
				}
			})
			for range 2 {
				r := s.Send(t.Context(), sample())
				if r.Outcome != c.want || r.Code != c.code {
					t.Errorf("result: %+v", r)
				}
				if r.Err != nil && c.pass != "" && strings.Contains(r.Err.Error(), string(c.pass)) {
					t.Errorf("the error tells the password: %v", r.Err)
				}
			}
		})
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	serverSide, clientSide := certificates(t)
	srv := &script{answers: polite, tls: serverSide}
	s := sender(t, srv.start(t), func(cfg *smtp.Config) { cfg.TLS, cfg.TLSConfig = "implicit", clientSide })
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Errorf("result: %+v", r)
	}
}

func TestPasswordIsNotSentInTheClear(t *testing.T) {
	t.Parallel()
	// 0.0.0.0 reaches this machine without being one of the names by which it is known to be the same machine.
	srv := &script{answers: but(map[string]string{"EHLO": "250-script\r\n250 AUTH PLAIN LOGIN"})}
	_, port, err := net.SplitHostPort(srv.start(t))
	if err != nil {
		t.Fatal(err)
	}
	s := sender(t, "0.0.0.0:"+port, func(cfg *smtp.Config) { cfg.User, cfg.Password = "seatflow", "s3cret" })
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Retry {
		t.Errorf("result: %+v", r)
	}
	commands, _ := srv.seen()
	if len(commands) == 0 {
		t.Error("the server was not reached")
	}
	for _, c := range commands {
		if strings.HasPrefix(c, "AUTH") {
			t.Errorf("signed in without encryption: %q", commands)
		}
	}
}

func TestFaultySettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  smtp.Config
		want string
	}{
		"no address":         {smtp.Config{}, "--smtp-address"},
		"no port":            {smtp.Config{Address: "mail.example.com"}, "--smtp-address"},
		"port out of range":  {smtp.Config{Address: "mail.example.com:99999"}, "--smtp-address"},
		"no such encryption": {smtp.Config{Address: "mail.example.com:25", TLS: "maybe"}, "--smtp-tls"},
		"clear password":     {smtp.Config{Address: "mail.example.com:25", TLS: "none", User: "u", Password: "p"}, "in the clear"},
		"user alone":         {smtp.Config{Address: "mail.example.com:25", User: "u"}, "belong together"},
		"negative size":      {smtp.Config{Address: "mail.example.com:25", Connections: -1}, "--smtp-connections"},
		"negative time":      {smtp.Config{Address: "mail.example.com:25", SendTimeout: -1}, "timeouts"},
		"broken greeting":    {smtp.Config{Address: "mail.example.com:25", Hello: "a\r\nMAIL"}, "--smtp-hello"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := smtp.New(c.cfg, nil, nil)
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}
