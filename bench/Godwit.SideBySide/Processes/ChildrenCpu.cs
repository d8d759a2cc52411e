using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Godwit.SideBySide.Processes;

/// <summary>Processor time, user and system, of all child processes that have ended. The difference is that of one of them.</summary>
internal static partial class ChildrenCpu
{
    // RUSAGE_CHILDREN of getrusage(2).
    private const int Children = -1;

    public static TimeSpan Total
    {
        get
        {
            if (GetResourceUsage(Children, out var usage) != 0)
                throw new Win32Exception();
            return usage.User.Span + usage.System.Span;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetResourceUsage(int who, out ResourceUsage usage);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeValue
    {
        private readonly nint _seconds;
        private readonly nint _microseconds;

        public TimeSpan Span => TimeSpan.FromSeconds(_seconds) + TimeSpan.FromMicroseconds(_microseconds);
    }

    // struct rusage: two times and fourteen longs.
    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceUsage
    {
        public TimeValue User;
        public TimeValue System;
        private RemainingFields _rest;
    }

    [System.Runtime.CompilerServices.InlineArray(14)]
    private struct RemainingFields
    {
        private nint _first;
    }
}
