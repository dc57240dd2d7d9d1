//! The processes of a simulation come and go.

use super::calls::ProcessId;
use super::process::Process;
use super::run::{MACHINES, Simulation, below};

impl Simulation {
    pub(super) fn start_process(&mut self) {
        self.started += 1;
        let id = ProcessId(self.started);
        let machine = below(MACHINES, &mut self.random);
        let disk = &self.disks[machine];
        self.history.happened("a process starts", format_args!("{id:?} on machine {machine}"));
        if !disk.kept().is_empty() {
            self.history.happened("an engine has a snapshot", format_args!("{id:?}"));
        }
        self.processes.push(Process::start(id, &self.world, disk, &self.settings));
    }

    pub(super) async fn crash_process(&mut self) {
        if self.processes.is_empty() {
            return;
        }
        let process = self.processes.swap_remove(below(self.processes.len(), &mut self.random));
        self.history.happened("a process dies", format_args!("{:?}", process.id));
        process.crash().await;
    }

    pub(super) fn stop_process(&mut self) {
        if self.processes.is_empty() {
            return;
        }
        let number = below(self.processes.len(), &mut self.random);
        self.processes[number].stop();
        self.history.happened("a process stops", format_args!("{:?}", self.processes[number].id));
    }

    pub(super) fn freeze_or_thaw(&mut self) {
        if self.processes.is_empty() {
            return;
        }
        let number = below(self.processes.len(), &mut self.random);
        let process = &mut self.processes[number];
        process.frozen = !process.frozen && !process.is_stopping();
        if process.frozen {
            self.history.happened("a process freezes", format_args!("{:?}", process.id));
        }
    }

    /// Lets go of the processes that have finished.
    pub(super) async fn bury(&mut self) {
        let mut number = 0;
        while let Some(process) = self.processes.get(number) {
            if process.has_ended() {
                self.processes.remove(number).end().await;
            } else {
                number += 1;
            }
        }
    }
}
