import { describe, expect, test } from 'vitest';
import { parseStates } from '../../../src/cli/commands/wait.ts';
import { runLine } from './session.ts';

const nowhere = '-P /nonexistent/lxc -n c1';

describe('lxc-wait', () => {
  test('reads states in capitals with bars between them', () => {
    expect([...parseStates('STOPPED|RUNNING')]).toEqual(['STOPPED', 'RUNNING']);
    expect([...parseStates('FROZEN|')]).toEqual(['FROZEN']);
    expect(() => parseStates('running')).toThrow("invalid state 'running'");
    expect(() => parseStates('STOPPED,RUNNING')).toThrow("invalid state 'STOPPED,RUNNING'");
  });

  test('finds a container that nobody monitors stopped', async () => {
    expect(await runLine(`lxc-wait ${nowhere} -s STOPPED`)).toEqual({ status: 0, out: '', err: '' });
    expect(await runLine(`lxc-wait ${nowhere} -s RUNNING|FROZEN -t 0`)).toMatchObject({ status: 1 });
    expect(await runLine(`lxc-wait ${nowhere} -s RUNNING -t 1`)).toMatchObject({ status: 1 });
  });

  test('needs a state, and a number for the time', async () => {
    expect((await runLine(`lxc-wait ${nowhere}`)).err).toContain('Missing state option to wait for');
    expect(await runLine(`lxc-wait ${nowhere} -s RUNNING -t x`)).toMatchObject({ status: 1 });
  });
});

describe('a container that does not run', () => {
  test('cannot be frozen', async () => {
    const { status, err } = await runLine(`lxc-freeze ${nowhere}`);
    expect(status).toBe(1);
    expect(err).toContain('lxc-freeze: c1: No such container: /nonexistent/lxc:c1');
  });

  test('has no cgroup', async () => {
    const { status, err } = await runLine(`lxc-cgroup ${nowhere} memory.max`);
    expect(status).toBe(1);
    expect(err).toBe("lxc-cgroup: c1: '/nonexistent/lxc:c1' is not running\n");
    expect((await runLine(`lxc-cgroup ${nowhere}`)).err).toContain('Missing state object');
  });

  test('is unknown to lxc-info unless it is defined', async () => {
    expect(await runLine(`lxc-info ${nowhere}`)).toEqual({ status: 1, out: '', err: "c1 doesn't exist\n" });
  });
});
