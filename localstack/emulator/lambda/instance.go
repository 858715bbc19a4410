package lambda

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// instance is one process of a function. The lock of its pool guards its fields.
type instance struct {
	id      string
	pool    *pool
	command *exec.Cmd
	work    chan *Invocation // capacity 1

	ready     bool // has polled for its first invocation
	used      bool // has had an invocation
	cold      bool // the current invocation is its first
	returning bool
	retired   bool
	current   *Invocation
	timer     *time.Timer
	idleSince time.Time
}

// initTimeout limits the time from the start of a process to its first poll. AWS
// allows 10 s.
const initTimeout = 10 * time.Second

// launch starts one more process. The caller holds the pool's lock.
func (p *pool) launch() error {
	inst := &instance{id: strings.ReplaceAll(newUUID(), "-", ""), pool: p, work: make(chan *Invocation, 1)}
	binary := p.manager.builder.binary(p.function.Name)
	inst.command = exec.Command(binary)
	inst.command.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + p.manager.address + "/" + inst.id,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + inst.id,
	}, p.env...)
	if own := p.manager.config.InstanceEnv; own != nil {
		for name, v := range own(p.function.Name, inst.id) {
			inst.command.Env = append(inst.command.Env, name+"="+v) // the last value of a variable counts
		}
	}
	inst.command.Stdout, inst.command.Stderr = &p.stats, &p.stats
	inst.command.SysProcAttr = ProcessAttributes()
	// Child processes of a function may keep its output open.
	inst.command.WaitDelay = time.Second
	p.manager.instances.Store(inst.id, inst)
	if err := inst.command.Start(); err != nil {
		p.manager.instances.Delete(inst.id)
		return fmt.Errorf("start %s: %w", p.function.Name, err)
	}
	p.instances[inst] = true
	p.starting++
	initTimer := time.AfterFunc(initTimeout, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !inst.ready {
			inst.kill()
		}
	})
	go func() {
		err := inst.command.Wait()
		p.stats.addCPU(inst.command.ProcessState.UserTime() + inst.command.ProcessState.SystemTime())
		initTimer.Stop()
		p.manager.instances.Delete(inst.id)
		p.instanceExited(inst, err)
	}()
	return nil
}

func (inst *instance) currentInvocation() *Invocation {
	inst.pool.mu.Lock()
	defer inst.pool.mu.Unlock()
	return inst.current
}

// kill ends the process and its child processes.
func (inst *instance) kill() {
	// An error means that the process has exited already.
	_ = syscall.Kill(-inst.command.Process.Pid, syscall.SIGKILL)
}
