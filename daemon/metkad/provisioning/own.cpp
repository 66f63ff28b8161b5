#include "daemon/metkad/provisioning/own.h"

namespace metka::metkad {

Result<Mailbox> own_mailbox(const Order& order, const Address& address)
{
    const auto mailbox = order.office.registry.mailbox(address);
    if (!mailbox) return pass(mailbox);
    if (!*mailbox || (*mailbox)->shell != self(order).id)
        return fail(Fault::not_found, "you have no free mailbox {}; `metkactl my mailbox list` shows yours",
                    address.show());
    return **mailbox;
}

Result<Mailbox> own_mailbox_to_change(const Order& order, const Address& address)
{
    auto mailbox = own_mailbox(order, address);
    if (mailbox && mailbox->standing == Standing::suspended)
        return fail(Fault::denied, "the mailbox {} is suspended; ask the administrator", address.show());
    return mailbox;
}

Result<Customer> own_customer(const Order& order)
{
    return find_customer(order.office, self(order).customer);
}

Result<void> refuse_suspended(const Order& order)
{
    const auto customer = own_customer(order);
    if (!customer) return pass(customer);
    if (self(order).standing == Standing::active && customer->standing == Standing::active) return {};
    return fail(Fault::denied, "your account is suspended; ask the administrator");
}

} // namespace metka::metkad
