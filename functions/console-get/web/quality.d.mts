export function record(name: string, value: string, target: string, pass: boolean, note?: string): void
