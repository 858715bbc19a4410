package samtemplate

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Function is an AWS::Serverless::Function merged with the Globals.
type Function struct {
	ID      string
	Folder  string // folder under functions/, which is also the local name
	Timeout time.Duration
	Memory  int // MB
	Events  []Event

	Retries   int    // of an asynchronous invocation
	OnFailure string // ARN of the on-failure destination, or empty

	environment map[string]any
}

// Event is one entry of a function's Events.
type Event struct {
	ID         string
	Type       string
	Properties map[string]any
}

// Functions returns the functions of the template by id.
func (t *Template) Functions() ([]Function, error) {
	resources, err := t.Resources("AWS::Serverless::Function")
	if err != nil {
		return nil, err
	}
	functions := make([]Function, 0, len(resources))
	for _, r := range resources {
		f, err := t.parseFunction(r)
		if err != nil {
			return nil, fmt.Errorf("template: resource %s: %w", r.ID, err)
		}
		functions = append(functions, f)
	}
	return functions, nil
}

// parseFunction parses a function without its environment, which may refer to a
// custom resource that is created later.
func (t *Template) parseFunction(r *Resource) (Function, error) {
	globals := Map(t.globals["Function"])
	wanted := map[string]any{}
	for _, key := range []string{"Timeout", "MemorySize", "EventInvokeConfig"} {
		wanted[key] = firstNonNil(r.Properties[key], globals[key])
	}
	resolved, err := t.Resolve(wanted)
	if err != nil {
		return Function{}, err
	}
	settings := Map(resolved)
	async := Map(settings["EventInvokeConfig"])
	f := Function{
		ID:          r.ID,
		Folder:      Folder(r.ID),
		Timeout:     time.Duration(Number(settings["Timeout"], 3)) * time.Second,
		Memory:      Number(settings["MemorySize"], 128),
		Retries:     Number(async["MaximumRetryAttempts"], 2),
		OnFailure:   String(Map(Map(async["DestinationConfig"])["OnFailure"])["Destination"]),
		environment: map[string]any{},
	}
	for _, source := range []any{globals["Environment"], r.Properties["Environment"]} {
		for name, v := range Map(Map(source)["Variables"]) {
			f.environment[name] = v
		}
	}
	f.Events, err = t.parseEvents(r)
	return f, err
}

func (t *Template) parseEvents(r *Resource) ([]Event, error) {
	var events []Event
	for id, declared := range Map(r.Properties["Events"]) {
		properties, err := t.Resolve(Map(declared)["Properties"])
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", id, err)
		}
		events = append(events, Event{ID: id, Type: String(Map(declared)["Type"]), Properties: Map(properties)})
	}
	return events, nil
}

// Environment resolves a function's variables. It blocks while a custom resource that
// they refer to is created.
func (t *Template) Environment(f Function) (map[string]string, error) {
	resolved, err := t.Resolve(f.environment)
	if err != nil {
		return nil, fmt.Errorf("template: resource %s: Environment: %w", f.ID, err)
	}
	variables := map[string]string{}
	for name, v := range Map(resolved) {
		variables[name] = String(v)
	}
	return variables, nil
}

// Folder returns the folder of a function: MessagePostFunction is in message-post.
func Folder(id string) string {
	var b strings.Builder
	for i, r := range strings.TrimSuffix(id, "Function") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func firstNonNil(values ...any) any {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}
