import { execFileSync, spawn } from "node:child_process"
import { join } from "node:path"

// Starts a local stack for the run, unless API_URL names one that runs already.
const root = join(import.meta.dirname, "..", "..", "..", "..")

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.API_URL) return
  const binary = join(root, ".cache", "bin", "localstack-console")
  execFileSync("go", ["build", "-o", binary, "./localstack"], { cwd: root, stdio: "inherit" })
  const stack = spawn(binary, ["-memory"], { cwd: root, env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] })
  process.env.API_URL = await new Promise<string>((resolve, reject) => {
    let output = ""
    stack.stdout.on("data", (text: Buffer) => {
      output += text.toString()
      const ready = /^ready (\S+)$/m.exec(output)
      if (ready) resolve(ready[1]!)
    })
    stack.on("exit", (code) => reject(new Error(`the local stack ended with ${code}:\n${output}`)))
  })
  return () =>
    new Promise((resolve) => {
      stack.removeAllListeners("exit")
      stack.on("exit", () => resolve())
      stack.kill("SIGINT")
    })
}
