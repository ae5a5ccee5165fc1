package checks

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

const client = "github.com/prometheus/client_golang/prometheus"

// perThing matches labels that have as many values as there are things, so that each makes a series of its own.
var perThing = regexp.MustCompile(`(^|_)(id|uuid|email|number|subject|token)$`)

func metricNames(t *Tree, found *problems) {
	for _, file := range t.Written() {
		local := file.Local(client)
		if local == "" || file.Test {
			continue
		}
		ast.Inspect(file.Syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if kind := selected(n.Type, local); strings.HasSuffix(kind, "Opts") {
					optionsName(file, n, kind, found)
				}
			case *ast.CallExpr:
				if function := selected(n.Fun, local); strings.HasPrefix(function, "New") {
					described(file, n, function, found)
				}
			}
			return true
		})
	}
}

// optionsName checks the name in a literal such as prometheus.CounterOpts{…}, where it is written out.
func optionsName(file *File, literal *ast.CompositeLit, kind string, found *problems) {
	parts := make(map[string]string)
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			continue
		}
		value, literal := text(pair.Value)
		if !literal && (key.Name == "Namespace" || key.Name == "Subsystem" || key.Name == "Name") {
			return // put together elsewhere: not seen from here
		}
		parts[key.Name] = value
	}
	if parts["Name"] == "" {
		return
	}
	name := parts["Name"]
	for _, prefix := range []string{parts["Subsystem"], parts["Namespace"]} {
		if prefix != "" {
			name = prefix + "_" + name
		}
	}
	metricName(file, literal.Pos(), name, kind, found)
}

func metricName(file *File, at token.Pos, name, kind string, found *problems) {
	if !strings.HasPrefix(name, "seatflow_") {
		found.add(file.Path, file.Line(at), "metric %s does not begin with seatflow_", name)
	}
	if kind == "CounterOpts" && !strings.HasSuffix(name, "_total") {
		found.add(file.Path, file.Line(at), "counter %s does not end in _total", name)
	}
	for _, unit := range []string{"_ms", "_milliseconds", "_kb", "_mb", "_minutes", "_percent"} {
		if strings.HasSuffix(strings.TrimSuffix(name, "_total"), unit) {
			found.add(file.Path, file.Line(at), "metric %s is not in a base unit (seconds, bytes, ratio)", name)
		}
	}
}

// described checks the labels of a vector, and the name and labels of a description.
func described(file *File, call *ast.CallExpr, function string, found *problems) {
	if function == "NewDesc" && len(call.Args) > 0 {
		if name, literal := text(call.Args[0]); literal {
			metricName(file, call.Pos(), name, "", found)
		}
	}
	for _, argument := range call.Args {
		labels, ok := argument.(*ast.CompositeLit)
		if !ok {
			continue
		}
		for _, element := range labels.Elts {
			if label, literal := text(element); literal && perThing.MatchString(label) {
				found.add(file.Path, file.Line(element.Pos()), "label %s has a value for each single thing", label)
			}
		}
	}
}

// selected is the name behind the dot in local.Name, or "".
func selected(expression ast.Expr, local string) string {
	selector, ok := expression.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if of, ok := selector.X.(*ast.Ident); ok && of.Name == local {
		return selector.Sel.Name
	}
	return ""
}

// text is the value of a string literal.
func text(expression ast.Expr) (value string, literal bool) {
	basic, ok := expression.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(basic.Value)
	return value, err == nil
}
