package split

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// services are those with state of their own, in the order in which they start.
var services = []string{"approval", "fulfillment", "notification", "intake"}

const (
	portal       = "portal"
	defaultMails = 200
)

// processes are the names of the services' processes: with more than one of a kind the others have a number.
func (s *Shape) processes() []string {
	wanted, names := services, []string(nil)
	if len(s.cfg.Services) > 0 {
		wanted = s.cfg.Services
	}
	for _, service := range wanted {
		for i := range max(s.cfg.Replicas, 1) {
			names = append(names, replica(service, i))
		}
	}
	if len(s.cfg.Services) > 0 {
		return names
	}
	return append(names, portal)
}

func replica(service string, i int) string {
	if i == 0 {
		return service
	}
	return service + "-" + strconv.Itoa(i+1)
}

// ServiceOf is the service that a member is a process of.
func ServiceOf(member string) string {
	service, _, _ := strings.Cut(member, "-")
	return service
}

// list makes the members, in the order of their start.
func (s *Shape) list() {
	s.add("postgres", s.startPostgres, func(context.Context) error { return nil }) // it is up when its start returns
	s.program("nats", listening(s.listens.nats), nil, "seatflow", "nats", "--data", s.data, "--listen", s.listens.nats, "--sources", strings.Join(s.cfg.Sources, ","))
	if len(s.cfg.Services) == 0 {
		s.program("mail", s.answers(s.at.Mail+"/"), nil, "seatflow", "mail", "--smtp-listen", s.listens.smtp, "--http-listen", s.listens.mail,
			"--keep", strconv.Itoa(cmp.Or(s.cfg.KeepMails, defaultMails)))
	}
	s.program("partnersim", s.answers(s.at.Partnersim+"/readyz"), []string{
		"SEATFLOW_PARTNERSIM_LISTEN=" + s.listens.sim, "SEATFLOW_PARTNERSIM_RATE_PER_MINUTE=" + strconv.Itoa(s.cfg.Rate),
	}, "partnersim")
	for _, name := range s.processes() {
		s.program(name, s.answers(s.at.Processes[name]+"/readyz"), s.settings(name), ServiceOf(name))
	}
}

func (s *Shape) add(name string, start func(context.Context) (life, error), probe func(context.Context) error) {
	s.members = append(s.members, &member{
		name: name, logFile: s.logFile(name), start: start, probe: probe, log: s.log, ready: make(chan struct{}),
	})
}

// program adds a member that is one of our programs.
func (s *Shape) program(name string, probe func(context.Context) error, env []string, argv ...string) {
	argv[0] = filepath.Join(s.bin, argv[0])
	s.add(name, func(context.Context) (life, error) {
		file, err := s.environment(name)
		if err != nil {
			return nil, err
		}
		all := append(os.Environ(), file...)
		all = append(all, env...)
		p, err := launch(argv, append(all, s.cfg.Extra[ServiceOf(name)]...), s.logFile(name))
		if err != nil {
			return nil, err
		}
		return p, nil
	}, probe)
}

func (s *Shape) logFile(name string) string { return filepath.Join(s.data, "log", name+".log") }

// settings is what a service's process is told beside the file of seatflow setup.
func (s *Shape) settings(name string) []string {
	env := []string{"SEATFLOW_OPS_LISTEN=" + s.ops[name], "SEATFLOW_LOG_LEVEL=" + s.cfg.Log.LogLevel, "SEATFLOW_LOG_FORMAT=json"}
	if name == portal {
		return append(env, "SEATFLOW_PORTAL_LISTEN="+s.listens.portal, "SEATFLOW_LOCAL_ISSUER="+s.at.Issuer)
	}
	env = append(env, "SEATFLOW_LEASE="+s.cfg.Lease.String())
	switch ServiceOf(name) {
	case "fulfillment":
		env = append(env, "SEATFLOW_VENDOR_BASE_URL="+s.at.Partnersim, "SEATFLOW_VENDOR_TOKEN_URL="+s.at.Partnersim+"/{tenant}/oauth2/token",
			"SEATFLOW_VENDOR_TENANT="+partnerTenant, "SEATFLOW_VENDOR_CLIENT_ID=seatflow", "SEATFLOW_VENDOR_CLIENT_SECRET=seatflow",
			"SEATFLOW_VENDOR_REFRESH_TOKEN_FILE="+s.refreshFile(),
			"SEATFLOW_VENDOR_RATE_PER_MINUTE="+strconv.Itoa(s.cfg.Rate),
			"SEATFLOW_VENDOR_WRITE_TIMEOUT="+s.cfg.Timeout.String(), "SEATFLOW_VENDOR_READ_TIMEOUT="+s.cfg.Timeout.String())
	case "notification":
		env = append(env, "SEATFLOW_SMTP_ADDRESS="+s.at.SMTP, "SEATFLOW_SMTP_TLS=none", "SEATFLOW_ADMINS="+strings.Join(s.cfg.Admins, ","),
			"SEATFLOW_MAIL_FROM=Seatflow <seatflow@msp.example>", "SEATFLOW_MAIL_DOMAIN=msp.example")
	}
	return env
}

// environment reads what seatflow setup wrote for a service: lines of NAME='value'. Other members have no such file.
func (s *Shape) environment(name string) ([]string, error) {
	if _, isService := s.ops[name]; !isService {
		return nil, nil
	}
	raw, err := os.ReadFile(filepath.Join(s.data, "env", ServiceOf(name)+".env"))
	if err != nil {
		return nil, fmt.Errorf("read the environment of %s: %w", name, err)
	}
	var env []string
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env = append(env, key+"="+strings.Trim(value, "'"))
		}
	}
	return env, nil
}
