package lambda

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

var errClosed = errors.New("the stack is stopping")

// pool runs one function: a queue of invocations and its instances. The most recently
// used idle instance is taken first, so that spare instances expire.
type pool struct {
	manager *Manager
	name    string
	stats   functionStats

	mu        sync.Mutex
	function  Function
	env       []string
	builtAt   time.Time // of the binary that the instances run
	prepared  bool      // the binary is built and the environment known
	closed    bool
	preparing bool
	queue     []*Invocation
	idle      []*instance // most recently used last
	instances map[*instance]bool
	starting  int // instances before their first poll
	returning int // instances between a result and the next poll
}

// submit queues an invocation.
func (p *pool) submit(inv *Invocation) {
	builtAt := p.manager.builder.builtAt(p.name)
	p.mu.Lock()
	defer p.mu.Unlock()
	inv.arn = p.function.ARN
	p.queue = append(p.queue, inv)
	p.prepared = p.prepared && builtAt.Equal(p.builtAt)
	p.dispatch()
}

// define replaces the definition and retires all instances.
func (p *pool) define(f Function) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.function, p.prepared = f, false
	p.retire()
}

// dispatch assigns queued invocations to idle instances and starts instances as
// needed. The caller holds the lock.
func (p *pool) dispatch() {
	for p.closed && len(p.queue) > 0 {
		p.failQueued(errClosed)
	}
	if p.closed || !p.prepared {
		if !p.closed && !p.preparing && len(p.queue) > 0 {
			p.preparing = true
			go p.prepare(p.function)
		}
		return
	}
	for len(p.queue) > 0 && len(p.idle) > 0 {
		inst := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		inst.work <- p.assign(inst)
	}
	for len(p.queue) > p.starting+p.returning && len(p.instances) < p.manager.config.MaxConcurrency {
		if err := p.launch(); err != nil {
			p.failQueued(err)
		}
	}
}

// prepare builds the function and resolves its environment. It may wait for a custom
// resource.
func (p *pool) prepare(f Function) {
	err := p.manager.builder.build(true, f.Name)
	builtAt := p.manager.builder.builtAt(f.Name)
	var env []string
	if err == nil {
		env, err = p.manager.environment(f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.preparing = false
	if err != nil {
		if !p.closed {
			p.manager.config.Logf("%s: %v", f.Name, err)
		}
		for len(p.queue) > 0 {
			p.failQueued(err)
		}
		return
	}
	if !builtAt.Equal(p.builtAt) {
		p.retire()
	}
	p.env, p.builtAt, p.prepared = env, builtAt, true
	p.dispatch()
}

// assign takes the first invocation from the queue for an instance and starts its
// timeout. The caller holds the lock.
func (p *pool) assign(inst *instance) *Invocation {
	inv := p.queue[0]
	p.queue = p.queue[1:]
	inst.current, inst.cold = inv, !inst.used
	inst.used = true
	inv.started = time.Now()
	limit := p.function.Timeout
	inv.deadline = inv.started.Add(limit)
	inst.timer = time.AfterFunc(limit, func() {
		p.finish(inst, inv.id, nil, &FunctionError{
			Type:    "Sandbox.Timedout",
			Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", inv.id, limit.Seconds()),
		})
		inst.kill()
	})
	return inv
}

// nextInvocation waits for an invocation. It returns nil if the instance must exit.
func (p *pool) nextInvocation(inst *instance, disconnected <-chan struct{}) *Invocation {
	p.mu.Lock()
	switch {
	case !inst.ready:
		inst.ready = true
		p.starting--
	case inst.returning:
		inst.returning = false
		p.returning--
	}
	if inst.retired {
		p.mu.Unlock()
		inst.kill()
		return nil
	}
	if len(p.queue) > 0 && p.prepared {
		defer p.mu.Unlock()
		return p.assign(inst)
	}
	inst.idleSince = time.Now()
	p.idle = append(p.idle, inst)
	p.mu.Unlock()
	select {
	case inv := <-inst.work:
		return inv
	case <-disconnected:
		return nil
	}
}

// finish completes the current invocation of an instance. It reports false if the id
// is not the current one, as after a timeout.
func (p *pool) finish(inst *instance, id string, payload []byte, failure *FunctionError) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	inv := inst.current
	if inv == nil || inv.id != id {
		return false
	}
	inst.timer.Stop()
	inst.current, inst.returning = nil, true
	p.returning++
	p.stats.recordInvocation(time.Since(inv.started), inst.cold, failure != nil)
	if failure != nil {
		p.manager.config.Logf("%s failed: %s", p.name, failure.Message)
		inv.complete(payload, failure)
		return true
	}
	inv.complete(payload, nil)
	return true
}

// instanceExited updates the pool after the exit of a process.
func (p *pool) instanceExited(inst *instance, cause error) {
	reason := "exit status 0"
	if cause != nil {
		reason = cause.Error()
	}
	if inv := inst.currentInvocation(); inv != nil {
		p.finish(inst, inv.id, nil, &FunctionError{
			Type:    "Runtime.ExitError",
			Message: fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %s", inv.id, reason),
		})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removeInstance(inst)
	if inst.returning {
		p.returning--
	}
	if !inst.ready {
		p.starting--
		if !inst.retired && len(p.queue) > 0 {
			// The process exited before its first poll. Its invocation fails, because
			// a retry would likely fail too.
			p.failQueued(&FunctionError{Type: "Runtime.ExitError", Message: "Runtime exited at its start: " + reason})
		}
	}
	p.dispatch()
}

func (p *pool) removeInstance(inst *instance) {
	delete(p.instances, inst)
	for i, idle := range p.idle {
		if idle == inst {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return
		}
	}
}

// retire ends idle instances now and busy ones after their invocation. The caller
// holds the lock.
func (p *pool) retire() {
	for inst := range p.instances {
		inst.retired = true
	}
	for _, inst := range p.idle {
		inst.kill()
	}
	p.idle = nil
}

// expire ends the instances that have been idle since before the given time.
func (p *pool) expire(before time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 && p.idle[0].idleSince.Before(before) {
		p.idle[0].retired = true
		p.idle[0].kill()
		p.idle = p.idle[1:]
	}
}

// kill ends all instances at once.
func (p *pool) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for inst := range p.instances {
		inst.retired = true
		inst.kill()
	}
	p.idle = nil
}

// close kills all instances and fails queued invocations.
func (p *pool) close() {
	p.kill()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.dispatch()
}

func (p *pool) failQueued(err error) {
	inv := p.queue[0]
	p.queue = p.queue[1:]
	p.stats.recordInvocation(0, false, true)
	inv.complete(nil, err)
}
