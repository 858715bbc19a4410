package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ticketsystem/localstack/template"
)

// customLimit is how long a custom resource may take, the build of its
// function included.
const customLimit = 5 * time.Minute

// customs makes the template's custom resources as CloudFormation does, each
// once: what came of it is kept, and made again only when its properties change.
type customs struct {
	path   string // of the file that keeps them; empty for none
	url    string // where functions report to
	invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	logf   func(string, ...any)

	mu      sync.Mutex
	made    map[string]made          // by logical id
	making  map[string]chan struct{} // closed when it is made, or was tried
	reports map[string]chan report   // by request
}

// made is a finished custom resource.
type made struct {
	Properties map[string]any
	PhysicalID string
	Data       map[string]any
}

// report is what the function puts to the response URL.
type report struct {
	Status, Reason     string
	PhysicalResourceId string
	Data               map[string]any
}

func newCustoms(path string) (*customs, error) {
	c := &customs{path: path, made: map[string]made{}, making: map[string]chan struct{}{}, reports: map[string]chan report{}}
	text, err := os.ReadFile(path)
	if path == "" || errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c.made)
	}
	if err != nil {
		return nil, fmt.Errorf("custom resources: %w", err)
	}
	return c, nil
}

// attribute waits until the resource is made and answers GetAtt, or Ref for
// an empty attribute.
func (c *customs) attribute(ctx context.Context, t *template.Template, r *template.Resource, attribute string) (any, error) {
	m, err := c.get(ctx, t, r)
	if err != nil {
		return nil, err
	}
	if attribute == "" {
		return m.PhysicalID, nil
	}
	v, ok := m.Data[attribute]
	if !ok {
		return nil, fmt.Errorf("custom resource %s has no attribute %s", r.ID, attribute)
	}
	return v, nil
}

// get makes the resource unless it is made. Of several callers one makes it,
// the others wait for that.
func (c *customs) get(ctx context.Context, t *template.Template, r *template.Resource) (made, error) {
	properties, err := t.Properties(r)
	if err != nil {
		return made{}, err
	}
	c.mu.Lock()
	for c.making[r.ID] != nil {
		making := c.making[r.ID]
		c.mu.Unlock()
		select {
		case <-making:
		case <-time.After(customLimit):
			return made{}, fmt.Errorf("custom resource %s waits for itself: a variable of its function names it", r.ID)
		case <-ctx.Done():
			return made{}, ctx.Err()
		}
		c.mu.Lock()
	}
	there, ok := c.made[r.ID]
	if ok && sameJSON(there.Properties, properties) {
		c.mu.Unlock()
		return there, nil
	}
	making := make(chan struct{})
	c.making[r.ID] = making
	c.mu.Unlock()

	finished, err := c.make(ctx, r, properties, there, ok)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.making, r.ID)
	close(making)
	if err != nil {
		return made{}, fmt.Errorf("custom resource %s: %w", r.ID, err)
	}
	c.made[r.ID] = finished
	return finished, c.save()
}

func (c *customs) make(ctx context.Context, r *template.Resource, properties map[string]any, there made, update bool) (made, error) {
	c.logf("making %s ...", r.ID)
	ctx, cancel := context.WithTimeout(ctx, customLimit)
	defer cancel()
	token := fmt.Sprintf("%s-%d", r.ID, time.Now().UnixNano())
	reports := make(chan report, 1)
	c.mu.Lock()
	c.reports[token] = reports
	c.mu.Unlock()
	event := map[string]any{
		"RequestType": "Create", "ServiceToken": properties["ServiceToken"], "ResponseURL": c.url + token,
		"StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/" + template.StackName + "/local", "RequestId": token,
		"ResourceType": r.Type, "LogicalResourceId": r.ID, "ResourceProperties": properties,
	}
	if update {
		event["RequestType"], event["PhysicalResourceId"], event["OldResourceProperties"] = "Update", there.PhysicalID, there.Properties
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return made{}, err
	}
	service := template.Text(properties["ServiceToken"])
	if _, err := c.invoke(ctx, service[strings.LastIndex(service, ":")+1:], payload); err != nil {
		return made{}, err
	}
	select {
	case got := <-reports:
		if got.Status != "SUCCESS" {
			return made{}, fmt.Errorf("its function reported %s: %s", got.Status, got.Reason)
		}
		return made{Properties: properties, PhysicalID: got.PhysicalResourceId, Data: got.Data}, nil
	case <-ctx.Done():
		return made{}, errors.New("its function reported nothing")
	}
}

// ServeHTTP is the response URL.
func (c *customs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var got report
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if reports := c.reports[r.PathValue("token")]; reports != nil {
		delete(c.reports, r.PathValue("token"))
		reports <- got
	}
}

func (c *customs) save() error {
	if c.path == "" {
		return nil
	}
	text, err := json.Marshal(c.made)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(c.path), text, 0o600)
}

func sameJSON(a, b map[string]any) bool {
	x, _ := json.Marshal(a) // both came from YAML or JSON and encode again
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}
