package stack

import (
	"os"
	"path/filepath"
)

// reload returns the current template, parsing it first if the file has changed. If
// the new template is invalid, it logs the error once and returns the last valid one.
func (s *Stack) reload() *resources {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.templatePath())
	if err != nil || info.ModTime().Equal(s.resources.modTime) || info.ModTime().Equal(s.failedTemplate) {
		return s.resources
	}
	next, err := s.loadTemplate()
	if err != nil {
		s.failedTemplate = info.ModTime()
		s.logf("template.yaml is invalid, the previous version stays in use: %v", err)
		return s.resources
	}
	s.logf("template.yaml reloaded")
	s.resources = next
	s.lambda.Define(s.lambdaFunctions(next))
	s.services.Queues.Define(next.queues)
	s.startMappings(next)
	return next
}

// startMappings starts mappings and schedules that do not run yet. Changed or removed
// ones take effect after a restart of the stack.
func (s *Stack) startMappings(res *resources) {
	once := func(id string, run func()) {
		if !s.started[id] {
			s.started[id] = true
			s.runBackground(run)
		}
	}
	for _, m := range res.streamMappings {
		once(m.ID, func() { s.stream.Run(s.ctx, m) })
	}
	for _, m := range res.queueMappings {
		once(m.ID, func() { s.poller.Run(s.ctx, m) })
	}
	for _, c := range res.schedules {
		once(c.id, func() { s.runSchedule(c, s.invokeWithRetries) })
	}
}

func (s *Stack) templatePath() string { return filepath.Join(s.options.Root, "template.yaml") }
