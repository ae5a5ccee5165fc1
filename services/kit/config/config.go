// Package config reads a program's settings from its flags and its environment.
//
// Model: settings are plain structs with kong tags. A group of settings (Postgres, logging) is a struct of its own that
// a program embeds; every setting names its environment variable with an env tag, and a program that embeds a group
// twice tells them apart with embedprefix and envprefix:
//
//	type Settings struct {
//		Listen   string          `env:"SEATFLOW_PORTAL_LISTEN" default:"127.0.0.1:8080" help:"Address to serve on."`
//		Postgres postgres.Config `embed:"" envprefix:"SEATFLOW_INTAKE_"`
//	}
//
// A flag wins over the environment, the environment over the default; an empty value counts as not given. A struct with a
// method Validate() []error checks what a single value cannot tell, wherever it stands in the settings.
//
// Guarantees: all faults are reported together, each in a whole sentence with the flag and the variable that set it. No
// password is accepted in a flag, where other users of the machine could read it, and none is ever printed.
//
// Failures: faults of the settings come back as one fault of kind Invalid; a faulty settings struct (a mistake in the
// program itself) as one of kind Internal.
package config

import (
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// builtin are the flags that every program has beside --help.
type builtin struct {
	Check bool `help:"Check the settings, print them and exit."`
}

// Load fills cfg, a pointer to a settings struct, from args (without the program's name) and the environment.
//
// With --help it prints the help to out and returns flag.ErrHelp, which app.Main takes for success. With --check it
// prints the settings to out, secrets hidden, and returns check true: the caller is to return at once. Faults come back
// as one *fault.Error of kind Invalid with a violation each.
func Load(program string, cfg any, args []string, out io.Writer) (check bool, err error) {
	_, check, err = LoadCommand(program, "", cfg, args, out)
	return check, err
}

// LoadCommand is Load for a program with subcommands (fields of cfg tagged cmd:""). It also returns the command chosen,
// its words parted by spaces as in "orders show <id>". Only the settings of that command are checked.
func LoadCommand(program, about string, cfg any, args []string, out io.Writer) (command string, check bool, err error) {
	l := &loader{cfg: cfg, out: out, given: map[*kong.Value]bool{}}
	if err := l.build(program, about); err != nil {
		return "", false, fault.New(fault.Internal, "bad_settings_struct", "The program's settings are declared wrongly.").
			In("config.load").Because(err)
	}
	ctx, err := l.parse(args)
	if err != nil {
		return "", false, err
	}
	if l.builtin.Check {
		l.print()
	}
	return ctx.Command(), l.builtin.Check, nil
}

// loader is one run of Load.
type loader struct {
	cfg     any
	out     io.Writer
	builtin builtin
	kong    *kong.Kong
	given   map[*kong.Value]bool // a value that is not empty came from a flag, the environment or a file
	chosen  map[*kong.Value]bool // the values of the command chosen; nil while the command line is read
	faults  []fault.Violation
}

func (l *loader) build(program, about string) error {
	k, err := kong.New(l.cfg,
		kong.Name(program), kong.Description(about), kong.Writers(l.out, l.out), kong.Exit(func(int) {}),
		kong.Embed(&l.builtin), kong.Help(l.help),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100, FlagsLast: true}),
		kong.TypeMapper(secretType, stringMapper), kong.TypeMapper(urlType, stringMapper))
	if err != nil {
		return err
	}
	l.kong = k
	l.eachValue(func(v *kong.Value) {
		v.Mapper = l.recording(v.Mapper)
		if v.Flag != nil && v.Target.Type() == secretType {
			v.Flag.Hidden = true // the help lists secrets by their variables, see help
		}
	})
	return nil
}

// parse does what kong.Parse does, but goes on after a fault, so that all are found.
func (l *loader) parse(args []string) (*kong.Context, error) {
	ctx, err := kong.Trace(l.kong, args)
	if err != nil {
		return nil, fault.New(fault.Internal, "bad_settings_struct", "The program's settings are declared wrongly.").
			In("config.load").Because(err)
	}
	if slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag == l.kong.Model.HelpFlag }) {
		if err := ctx.PrintUsage(false); err != nil {
			return nil, fault.New(fault.Internal, "output", "The help could not be printed.").In("config.load").Because(err)
		}
		return nil, flag.ErrHelp
	}
	l.checkFlags(ctx, args)
	if ctx.Error != nil {
		l.report("", "usage", sentence(ctx.Error.Error()))
	}
	l.choose(ctx)
	if err := ctx.Reset(); err != nil {
		l.report("", "usage", sentence(err.Error()))
	}
	l.readFiles(ctx)
	if _, err := ctx.Apply(); err != nil {
		l.report("", "usage", sentence(err.Error()))
	}
	l.checkRequired(ctx)
	if ctx.Error == nil {
		if err := ctx.Validate(); err != nil {
			l.report("", "usage", sentence(err.Error()))
		}
	}
	l.validate(ctx)
	if len(l.faults) > 0 {
		return nil, l.fault(ctx)
	}
	return ctx, nil
}

// fault is all faults as one. Where the words of the command line are at fault it says where they stand explained.
func (l *loader) fault(ctx *kong.Context) *fault.Error {
	what, hint := "The settings are not usable.", ""
	if slices.ContainsFunc(l.faults, func(v fault.Violation) bool { return v.Code == "usage" }) {
		hint = strings.Join(append(commandWords(ctx), "--help"), " ") + " lists what there is."
		if len(l.faults) == 1 {
			what = "The command line is not usable."
		}
	}
	return fault.New(fault.Invalid, "bad_settings", what).In("config.load").With(l.faults...).Hinted(hint)
}

// commandWords are the program and the commands that were typed, without one that was only supposed.
func commandWords(ctx *kong.Context) []string {
	words := []string{ctx.Model.Name}
	for _, p := range ctx.Path {
		if p.Command != nil && slices.Contains(ctx.Args, p.Command.Name) {
			words = append(words, p.Command.Name)
		}
	}
	return words
}

// choose notes which values count: a variable that another command would stumble over is no fault of this one.
func (l *loader) choose(ctx *kong.Context) {
	l.chosen = map[*kong.Value]bool{}
	for _, p := range ctx.Path {
		if node := p.Node(); node != nil {
			for _, v := range node.Values() {
				l.chosen[v] = true
			}
		}
	}
}

// report notes a fault once.
func (l *loader) report(field, code, message string) {
	v := fault.Violation{Field: field, Code: code, Message: message}
	if !slices.Contains(l.faults, v) {
		l.faults = append(l.faults, v)
	}
}

// eachValue visits every flag and positional argument of every command.
func (l *loader) eachValue(visit func(*kong.Value)) {
	_ = kong.Visit(l.kong.Model.Node, func(node kong.Visitable, next kong.Next) error {
		v := valueOf(node)
		if v != nil && (v.Flag == nil || v.Flag != l.kong.Model.HelpFlag) {
			visit(v)
		}
		if v != nil {
			return nil // kong would go on from a flag to its value, which is this one
		}
		return next(nil)
	}) // the visitor returns no error
}

func valueOf(node kong.Visitable) *kong.Value {
	switch n := node.(type) {
	case *kong.Flag:
		return n.Value
	case *kong.Value:
		return n
	default:
		return nil
	}
}

// label is how a person finds a setting: its flag and its variables.
func label(v *kong.Value) string {
	if v.Flag == nil {
		return "<" + v.Name + ">"
	}
	envs := strings.Join(v.Tag.Envs, ", ")
	switch {
	case v.Target.Type() == secretType && envs != "":
		return envs
	case envs != "":
		return "--" + v.Name + " (" + envs + ")"
	default:
		return "--" + v.Name
	}
}

// sentence makes kong's wording end as a sentence does.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
