# right: the storages themselves are collected (none can be freed and its address reused meanwhile), and counted at the end
def saved_bytes(fn):
    from contextlib import ExitStack

    class Seen(list):
        def pack(self, tensor):
            self.append(tensor.untyped_storage())
            return (tensor.detach(),)

    seen = Seen()
    with ExitStack() as stack:
        stack.enter_context(torch.autograd.graph.saved_tensors_hooks(seen.pack, lambda box: box[0]))
        fn()
    by_address = {s.data_ptr(): s.nbytes() for s in seen}
    seen.clear()
    total = 0
    for size in by_address.values():
        total += int(size)
    return total
